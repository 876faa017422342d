"""Money that came in and that no purchase explains: kept, shown, and assigned by an admin."""

from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import lock_account
from db.errors import AmountTooLarge, ParkedGone
from db.payments.methods import STARS, PaymentMethod
from db.payments.sales import create_attempt
from db.shop.courses import OfferDetails
from db.tables import ParkedPayment

MAX_AMOUNT = 2**31 - 1  # what purchases.amount_cents takes; a provider may name more


async def park_payment(
    session: AsyncSession,
    *,
    provider: str,
    payment_id: str,
    amount: int,
    currency: str,
    paid_at: datetime,
    reason: str,
    now: datetime,
    telegram_id: int | None = None,
    payload: str | None = None,
) -> bool:
    """Whether it was not parked before."""
    made = await session.execute(
        insert(ParkedPayment)
        .values(
            provider=provider,
            payment_id=payment_id,
            amount=amount,
            currency=currency,
            paid_at=paid_at,
            telegram_id=telegram_id,
            payload=payload,
            reason=reason,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(ParkedPayment.id)
    )
    return made.scalar_one_or_none() is not None


SOLVED = text(
    "update bot.parked_payments set solved_at = :now, purchase_id = :purchase_id"
    " where provider = :provider and payment_id = :payment_id and solved_at is null"
)


async def mark_solved(
    session: AsyncSession, provider: str, payment_id: str, purchase_id: int, now: datetime
) -> None:
    """A purchase has this payment now."""
    values = {"provider": provider, "payment_id": payment_id, "purchase_id": purchase_id, "now": now}
    await session.execute(SOLVED, values)


async def close_refunded(session: AsyncSession, provider: str, payment_id: str, now: datetime) -> bool:
    """The money is back with its payer, so there is nothing to assign. Whether it was parked."""
    done = await session.execute(
        update(ParkedPayment)
        .where(
            ParkedPayment.provider == provider,
            ParkedPayment.payment_id == payment_id,
            ParkedPayment.solved_at.is_(None),
        )
        .values(solved_at=now)
        .returning(ParkedPayment.id)
    )
    return done.scalar_one_or_none() is not None


async def list_parked(session: AsyncSession, limit: int = 10) -> list[ParkedPayment]:
    rows = await session.scalars(
        select(ParkedPayment)
        .where(ParkedPayment.solved_at.is_(None))
        .order_by(ParkedPayment.id.desc())
        .limit(limit)
    )
    return list(rows)


async def get_parked(session: AsyncSession, parked_id: int, *, lock: bool = False) -> ParkedPayment:
    """Raises ParkedGone where it is solved already."""
    query = select(ParkedPayment).where(ParkedPayment.id == parked_id, ParkedPayment.solved_at.is_(None))
    row = await session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise ParkedGone(parked_id)
    return row


async def assign_parked(
    session: AsyncSession,
    parked_id: int,
    user_id: int,
    telegram_id: int,
    offer: OfferDetails,
    key: str,
    now: datetime,
) -> int:
    """A pending purchase that has the parked payment's id; the attempt's id. It is then fetched and settled like
    any other. The amount is what was paid, the days are the offer's. Raises ParkedGone, AmountTooLarge."""
    user_id = await lock_account(session, user_id)
    found = await get_parked(session, parked_id, lock=True)
    if found.amount > MAX_AMOUNT:
        raise AmountTooLarge(found.amount, found.currency)
    purchase, attempt = await create_attempt(
        session,
        user_id=user_id,
        telegram_id=telegram_id,
        product_id=offer.product_id,
        offer_id=offer.id,
        amount=found.amount,
        currency=found.currency,
        days=offer.days,
        method=PaymentMethod.STARS if found.provider == STARS else PaymentMethod.INVOICE,
        key=f"{ASSIGNED}{key}",
        payment_id=found.payment_id,
        now=now,
        next_ask_at=now,
        outcome="assigned",
    )
    await mark_solved(session, found.provider, found.payment_id, purchase.id, now)
    return attempt.id


ASSIGNED = "assigned:"  # an attempt's key that no provider ever saw: such a payment has no metadata of ours
