"""What is sold: modules, their products, and offers."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import OfferGone


@dataclass(frozen=True, slots=True)
class ModuleOnSale:
    """`offers` counts the ones that can be bought now."""

    id: int
    name: str
    description: str | None
    lessons: int
    offers: int


@dataclass(frozen=True, slots=True)
class OfferOnSale:
    """`price` in the currency's smallest unit; no `methods` means every way there is."""

    id: int
    product_id: int
    product: str
    module_id: int
    module: str
    days: int
    price: int
    currency: str
    methods: tuple[str, ...]


async def list_modules(session: AsyncSession) -> list[ModuleOnSale]:
    rows = await session.execute(
        text(
            """
            select m.id, m.name, m.description,
                   (select count(*) from bot.lessons l where l.module_id = m.id and l.active) as lessons,
                   (select count(*) from bot.offers o join products p using (product_id)
                    where p.module_id = m.id and o.active) as offers
            from modules m order by m.id
            """
        )
    )
    return [ModuleOnSale(*row) for row in rows]


OFFERS = """
select o.id, p.product_id, p.name, m.id, m.name, o.days, o.price, o.currency, o.methods
from bot.offers o join products p using (product_id) join modules m on m.id = p.module_id
where o.active
"""


async def list_offers(session: AsyncSession, module_id: int) -> list[OfferOnSale]:
    rows = await session.execute(
        text(OFFERS + " and m.id = :module_id order by p.product_id, o.days, o.currency, o.id"),
        {"module_id": module_id},
    )
    return [_offer(row) for row in rows]


async def get_offer(session: AsyncSession, offer_id: int) -> OfferOnSale:
    """Raises OfferGone."""
    row = (await session.execute(text(OFFERS + " and o.id = :id"), {"id": offer_id})).one_or_none()
    if row is None:
        raise OfferGone(offer_id)
    return _offer(row)


def _offer(row: Row[*tuple[Any, ...]]) -> OfferOnSale:
    values = tuple(row)
    return OfferOnSale(*(*values[:-1], tuple(values[-1])))


async def get_module(session: AsyncSession, module_id: int) -> ModuleOnSale | None:
    found = [one for one in await list_modules(session) if one.id == module_id]
    return found[0] if found else None


async def record_referral(session: AsyncSession, telegram_id: int, referral: str) -> None:
    """The first one counts."""
    await session.execute(
        text("update bot.chats set referral = coalesce(referral, :referral) where telegram_id = :id"),
        {"referral": referral, "id": telegram_id},
    )
