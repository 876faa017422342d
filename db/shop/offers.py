"""Offers as admins keep them: created, withdrawn, restored; and the products they sell."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.acts import ActKind, record_act
from db.errors import OfferGone, ProductUnknown
from db.shop.courses import OFFERS, OfferDetails, to_offer
from db.sql import text
from db.tables import Attempt, Module, Offer, Product


@dataclass(frozen=True, slots=True)
class ProductSummary:
    """A product and the module it opens."""

    id: int
    name: str
    module: str


async def create_offer(
    session: AsyncSession, product_id: int, days: int, price: int, currency: str, now: datetime
) -> OfferDetails:
    """Not on sale until `mark_active`. `price` in the currency's smallest unit; numbers are to be in the columns'
    range. Raises ProductUnknown."""
    if await session.get(Product, product_id) is None:
        raise ProductUnknown(product_id)
    row = Offer(
        product_id=product_id,
        days=days,
        price=price,
        currency=currency,
        methods=[],
        active=False,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return await get_offer(session, row.id)


async def get_offer(session: AsyncSession, offer_id: int) -> OfferDetails:
    """Also a withdrawn one. Raises OfferGone where there is no such row."""
    row = (await session.execute(text(OFFERS + " where o.id = :id"), {"id": offer_id})).one_or_none()
    if row is None:
        raise OfferGone(offer_id)
    return to_offer(row)


async def list_twins(session: AsyncSession, offer: OfferDetails) -> list[OfferDetails]:
    """Others on sale of the same product for as many days in the same currency: by the price, the lowest first."""
    same = " where o.active and o.product_id = :product and o.days = :days and o.currency = :currency and o.id <> :id"
    values = {"product": offer.product_id, "days": offer.days, "currency": offer.currency, "id": offer.id}
    rows = await session.execute(text(OFFERS + same + " order by o.price, o.id"), values)
    return [to_offer(row) for row in rows]


async def mark_active(session: AsyncSession, offer_id: int, *, active: bool) -> OfferDetails:
    """Puts an offer on sale or withdraws it; where it is so already, nothing happens. Raises OfferGone."""
    await session.execute(update(Offer).where(Offer.id == offer_id).values(active=active))
    return await get_offer(session, offer_id)


async def switch_offer(
    session: AsyncSession, offer_id: int, admin: int, now: datetime, *, active: bool
) -> OfferDetails:
    """As `mark_active`, by an admin, whose Telegram id is written down where something has changed by it. Raises
    OfferGone."""
    before = await get_offer(session, offer_id)
    offer = await mark_active(session, offer_id, active=active)
    if before.active is not active:
        facts = {
            "product": offer.product,
            "days": offer.days,
            "amount": offer.price,
            "currency": offer.currency,
        }
        kind = ActKind.OFFER_ON if active else ActKind.OFFER_OFF
        await record_act(session, admin, kind, now, facts={"offer": offer.id} | facts)
    return offer


async def delete_draft(session: AsyncSession, offer_id: int) -> None:
    """An offer made in the chat that is not on sale and that nobody has ordered; any other stays."""
    ordered = select(Attempt.id).where(Attempt.offer_id == Offer.id).exists()
    await session.execute(
        delete(Offer).where(Offer.id == offer_id, Offer.active.is_(False), Offer.key.is_(None), ~ordered)
    )


async def count_offers(session: AsyncSession) -> int:
    """The withdrawn ones too."""
    return await session.scalar(select(func.count()).select_from(Offer)) or 0


async def list_offers(session: AsyncSession, *, skip: int, limit: int) -> list[OfferDetails]:
    """By product, the withdrawn ones among them, in an order that withdrawing does not change."""
    rows = await session.execute(
        text(OFFERS + " order by p.product_id, o.id offset :skip limit :limit"),
        {"skip": skip, "limit": limit},
    )
    return [to_offer(row) for row in rows]


async def count_products(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Product)) or 0


async def list_all_products(session: AsyncSession) -> list[ProductSummary]:
    """By id; of a school that has more than a thousand, the first."""
    return await list_products(session, skip=0, limit=1000)


async def get_product_name(session: AsyncSession, product_id: int | None) -> str | None:
    if product_id is None:
        return None
    return await session.scalar(select(Product.name).where(Product.product_id == product_id))


async def list_products(session: AsyncSession, *, skip: int, limit: int) -> list[ProductSummary]:
    """By id."""
    rows = await session.execute(
        select(Product.product_id, Product.name, Module.name)
        .join(Module, Module.id == Product.module_id)
        .order_by(Product.product_id)
        .offset(skip)
        .limit(limit)
    )
    return [ProductSummary(*row) for row in rows]
