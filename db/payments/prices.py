"""A price that was raised while an order is under way: who opened it before pays what they have seen, for an hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.payments.attempts import AttemptDetails
from db.tables import Attempt, Offer, Purchase

KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PriceRise:
    """`price`: what it costs from `at` on, in the smallest unit of the order's currency."""

    price: int
    at: datetime


def kept_until(purchase: Purchase, offer: Offer) -> datetime | None:
    """Until when an order keeps the price that the offer had before its last change; None where it does not keep it at
    all: the price was lowered, or more than that was changed."""
    was = purchase.amount_cents == offer.price_before
    is_rise = was and purchase.amount_cents < offer.price and purchase.currency == offer.currency
    if not is_rise or purchase.days != offer.days or offer.price_changed_at is None:
        return None
    return offer.price_changed_at + KEPT_FOR


def is_todays(purchase: Purchase, offer: Offer, now: datetime) -> bool:
    """Whether an order can still be paid at its price."""
    same = (purchase.amount_cents, purchase.currency, purchase.days) == (
        offer.price,
        offer.currency,
        offer.days,
    )
    return same or ((until := kept_until(purchase, offer)) is not None and now < until)


async def get_rise(session: AsyncSession, attempt: AttemptDetails) -> PriceRise | None:
    """Of an order whose price is kept for now."""
    row = (
        await session.execute(
            select(Purchase, Offer)
            .join(Attempt, Attempt.purchase_id == Purchase.id)
            .join(Offer, Offer.id == Attempt.offer_id)
            .where(Attempt.id == attempt.id)
        )
    ).one_or_none()
    if row is None:
        return None
    purchase, offer = row
    until = kept_until(purchase, offer)
    return PriceRise(offer.price, until) if until else None
