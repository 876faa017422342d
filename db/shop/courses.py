"""What is sold: modules, and the offers of their products."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import OfferGone
from db.sql import text


@dataclass(frozen=True, slots=True)
class ModuleOnSale:
    """`lessons` counts the active ones, `offers` those that can be bought now."""

    id: int
    name: str
    description: str | None
    lessons: int
    offers: int


@dataclass(frozen=True, slots=True)
class OfferDetails:
    """An offer with its product and module. `price` in the currency's smallest unit; no `methods` means every way
    there is; one that is not `active` is withdrawn."""

    id: int
    product_id: int
    product: str
    module_id: int
    module: str
    days: int
    price: int
    currency: str
    active: bool
    methods: tuple[str, ...]


MODULES = """
select m.id, m.name, m.description,
       (select count(*) from bot.lessons l where l.module_id = m.id and l.active) as lessons,
       (select count(*) from bot.offers o join products p using (product_id)
        where p.module_id = m.id and o.active) as offers
from modules m
"""

OFFERS = """
select o.id, p.product_id, p.name, m.id, m.name, o.days, o.price, o.currency, o.active, o.methods
from bot.offers o join products p using (product_id) join modules m on m.id = p.module_id
"""


async def list_modules(session: AsyncSession) -> list[ModuleOnSale]:
    """All modules, by id, those without lessons or offers among them."""
    return [ModuleOnSale(*row) for row in await session.execute(text(MODULES + " order by m.id"))]


async def get_module(session: AsyncSession, module_id: int) -> ModuleOnSale | None:
    """None where there is no such module."""
    row = (await session.execute(text(MODULES + " where m.id = :id"), {"id": module_id})).one_or_none()
    return ModuleOnSale(*row) if row else None


async def list_offers(session: AsyncSession, module_id: int) -> list[OfferDetails]:
    """The module's offers on sale: by product, then days."""
    rows = await session.execute(
        text(OFFERS + " where o.active and m.id = :id order by p.product_id, o.days, o.currency, o.id"),
        {"id": module_id},
    )
    return [to_offer(row) for row in rows]


async def list_same_terms(session: AsyncSession, product_id: int, days: int) -> list[OfferDetails]:
    """The product's offers on sale for so many days, in whatever currency."""
    rows = await session.execute(
        text(OFFERS + " where o.active and p.product_id = :id and o.days = :days order by o.id"),
        {"id": product_id, "days": days},
    )
    return [to_offer(row) for row in rows]


async def get_offer(session: AsyncSession, offer_id: int) -> OfferDetails:
    """One on sale. Raises OfferGone."""
    row = (
        await session.execute(text(OFFERS + " where o.active and o.id = :id"), {"id": offer_id})
    ).one_or_none()
    if row is None:
        raise OfferGone(offer_id)
    return to_offer(row)


@dataclass(frozen=True, slots=True)
class Terms:
    """Of what was bought."""

    product_id: int
    days: int
    currency: str


async def get_last_terms(session: AsyncSession, user_id: int, module_id: int) -> Terms | None:
    """On which terms this person has paid for the module last; the other application's purchases count too."""
    row = (
        await session.execute(
            text(
                "select p.product_id, p.days, p.currency from purchases p join products using (product_id)"
                " where p.user_id = :user_id and module_id = :module_id and p.status = 'succeeded'"
                " order by p.purchased_at desc nulls last, p.id desc limit 1"
            ),
            {"user_id": user_id, "module_id": module_id},
        )
    ).one_or_none()
    return Terms(*row) if row else None


def choose_renewal(offers: Sequence[OfferDetails], bought: Terms | None) -> OfferDetails:
    """Of offers for a module: what was bought last, else what is next to it, the cheapest; where nothing was bought,
    the cheapest of the first one's currency."""
    currency = bought.currency if bought else offers[0].currency
    return min(
        offers,
        key=lambda one: (
            bought is not None and one.product_id != bought.product_id,
            one.currency != currency,
            bought is not None and one.days != bought.days,
            one.price,
        ),
    )


async def find_module_of_offer(session: AsyncSession, offer_id: int) -> int | None:
    """Also of a withdrawn one; None where there never was such an offer."""
    module_id: int | None = await session.scalar(
        text("select p.module_id from bot.offers o join products p using (product_id) where o.id = :id"),
        {"id": offer_id},
    )
    return module_id


def to_offer(row: Row[*tuple[Any, ...]]) -> OfferDetails:
    """A row of OFFERS."""
    values = tuple(row)
    return OfferDetails(*(*values[:-1], tuple(values[-1])))
