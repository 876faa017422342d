"""What became of a refund, booked once: the money, the days that go with it, the purchase's end.

Every function here wants the purchase's row locked. A refund made in the provider's dashboard is booked like our own.
"""

from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.access import changes
from db.access.changes import AppliedChange, Source, change_access
from db.payments.methods import STARS, XTR
from db.payments.purchases import PurchaseStatus
from db.refunds.days import PurchaseBalance, get_balance
from db.refunds.requests import PaidPurchase, RefundStatus, RefundTask, get_paid, to_task
from db.tables import Purchase, Refund

NOT_OURS = "made:"  # the key of a refund that we did not ask for; no provider ever sees it


@dataclass(frozen=True, slots=True)
class ReturnedMoney:
    """A refund as the provider shows it. `description` is None where the provider does not show it."""

    provider_refund_id: str
    amount: int
    currency: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class BookedRefund:
    """`change` is None where no days were taken; `balance` is the purchase's after it."""

    refund: RefundTask
    purchase: PaidPurchase
    balance: PurchaseBalance
    change: AppliedChange | None


async def find_difference(
    session: AsyncSession,
    purchase: Purchase,
    payment_id: str,
    returned: ReturnedMoney,
    asked: RefundTask | None = None,
) -> str:
    """What does not agree with the purchase, or with the refund that we have asked for; empty where all does."""
    known = asked or await get_by_provider_id(session, purchase.provider, returned.provider_refund_id)
    is_ours = known is not None and not known.key.startswith(NOT_OURS)
    most = purchase.amount_cents
    wanted = known.amount if known is not None and is_ours else min(max(returned.amount, 1), most)
    pairs: list[tuple[str, object, object]] = [
        ("payment", payment_id.lower(), purchase.provider_payment_id.lower()),
        ("currency", returned.currency, purchase.currency),
        ("amount", returned.amount, wanted),
    ]
    return ", ".join(f"{name}: {got!r}, not {ours!r}" for name, got, ours in pairs if got != ours)


async def book_refund(
    session: AsyncSession, purchase: Purchase, returned: ReturnedMoney, now: datetime
) -> BookedRefund | None:
    """For what `find_difference` finds nothing in. None where it is booked already."""
    row = await _get_or_create(session, purchase, returned, now)
    if row.status == RefundStatus.SUCCEEDED:
        return None
    row.purchase_id = purchase.id
    row.provider_refund_id = returned.provider_refund_id
    row.amount = returned.amount
    row.status = RefundStatus.SUCCEEDED.value
    row.finished_at = now
    row.error = None
    await session.flush()
    return await _take_days(session, purchase, row, now)


async def _get_or_create(
    session: AsyncSession, purchase: Purchase, returned: ReturnedMoney, now: datetime
) -> Refund:
    """By the provider's id; else the one of ours whose answer was lost; else a new one."""
    known = await session.scalar(
        select(Refund)
        .where(Refund.provider == purchase.provider, Refund.provider_refund_id == returned.provider_refund_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if known is not None:
        return known
    return await _find_unanswered(session, purchase, returned) or _create(session, purchase, returned, now)


async def _find_unanswered(
    session: AsyncSession, purchase: Purchase, returned: ReturnedMoney
) -> Refund | None:
    rows = await session.scalars(
        select(Refund)
        .where(
            Refund.purchase_id == purchase.id,
            Refund.status == RefundStatus.PENDING,
            Refund.provider_refund_id.is_(None),
        )
        .order_by(Refund.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return next((row for row in rows if _matches(row, returned)), None)


def _matches(row: Refund, returned: ReturnedMoney) -> bool:
    """Stars come back in one sum, so there is only one refund of a purchase; others are known by their words."""
    if row.provider == STARS:
        return True
    if row.sent_at is None or row.amount != returned.amount:
        return False
    return returned.description in (None, orjson.loads(row.request).get("description"))


def _create(session: AsyncSession, purchase: Purchase, returned: ReturnedMoney, now: datetime) -> Refund:
    row = Refund(
        provider=purchase.provider,
        key=f"{NOT_OURS}{returned.provider_refund_id}",
        request="",
        amount=returned.amount,
        currency=returned.currency,
        status=RefundStatus.PENDING.value,
        created_at=now,
    )
    session.add(row)
    return row


async def _take_days(session: AsyncSession, purchase: Purchase, row: Refund, now: datetime) -> BookedRefund:
    """The days that go with all that is back by now; a purchase that is back as a whole is over."""
    paid = await get_paid(session, purchase.id)
    await changes.lock_access(session, paid.user_id, paid.module_id)
    balance = await get_balance(session, purchase.id)
    days = balance.to_take(balance.refunded, now)
    change = None
    if days > 0:
        change = await change_access(session, paid.user_id, paid.module_id, -days, Source.REFUND, row.id, now)
        row.days_taken = days
    if balance.refunded >= balance.amount:
        purchase.status = PurchaseStatus.REFUNDED.value
    await session.flush()
    return BookedRefund(to_task(row), paid, await get_balance(session, purchase.id), change)


async def record_answer(
    session: AsyncSession, refund: RefundTask, provider_refund_id: str, now: datetime
) -> None:
    """The provider's id for a refund of ours; where it was booked under that id meanwhile, ours is the same one."""
    booked = await session.scalar(
        select(Refund.id).where(
            Refund.provider == refund.provider,
            Refund.provider_refund_id == provider_refund_id,
            Refund.id != refund.id,
        )
    )
    if booked is not None:
        await close_refund(session, refund.id, RefundStatus.CANCELED, f"booked as refund {booked}", now)
        return
    await session.execute(
        update(Refund)
        .where(Refund.id == refund.id, Refund.provider_refund_id.is_(None))
        .values(provider_refund_id=provider_refund_id)
    )


async def close_refund(
    session: AsyncSession, refund_id: int, stage: RefundStatus, error: str | None, now: datetime
) -> bool:
    """Ends a pending refund with no effect on access. Whether that was news to the database."""
    done = await session.execute(
        update(Refund)
        .where(Refund.id == refund_id, Refund.status == RefundStatus.PENDING)
        .values(status=stage.value, error=error, finished_at=now)
        .returning(Refund.id)
    )
    return done.scalar_one_or_none() is not None


async def get_by_provider_id(
    session: AsyncSession, provider: str, provider_refund_id: str
) -> RefundTask | None:
    row = await session.scalar(
        select(Refund).where(Refund.provider == provider, Refund.provider_refund_id == provider_refund_id)
    )
    return to_task(row) if row else None


async def list_known_ids(
    session: AsyncSession, provider: str, provider_refund_ids: list[str], *only: RefundStatus
) -> set[str]:
    """Those of them that our database holds already (with one of these statuses, where some are named)."""
    query = select(Refund.provider_refund_id).where(
        Refund.provider == provider,
        Refund.provider_refund_id.in_(provider_refund_ids),
        Refund.status.in_(only or list(RefundStatus)),
    )
    return {row for row in await session.scalars(query) if row is not None}


async def record_early_return(session: AsyncSession, charge_id: str, amount: int, now: datetime) -> None:
    """Stars given back before our database holds the payment: kept pending, until the payment is there."""
    await session.execute(
        insert(Refund)
        .values(
            provider=STARS,
            key=f"{NOT_OURS}{charge_id}",
            request="",
            amount=amount,
            currency=XTR,
            provider_refund_id=charge_id,
            status=RefundStatus.PENDING.value,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
