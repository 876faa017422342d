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
from db.access.changes import Change, Source, give
from db.payments.purchases import STARS, Status
from db.refunds.days import Standing, standing
from db.refunds.requests import Paid, Stage, Task, paid, task_of
from db.tables import Purchase, Refund

NOT_OURS = "made:"  # the key of a refund that we did not ask for; no provider ever sees it


@dataclass(frozen=True, slots=True)
class Returned:
    """A refund the provider says succeeded. `description` is None where the provider does not show it."""

    provider_refund_id: str
    amount: int
    currency: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """`change` is None where no days were taken; `standing` is how the purchase stands after it."""

    refund: Task
    purchase: Paid
    standing: Standing
    change: Change | None


async def succeed(
    session: AsyncSession, purchase: Purchase, returned: Returned, now: datetime
) -> Done | None:
    """None where it is booked already."""
    row = await _row(session, purchase, returned, now)
    if row.status == Stage.SUCCEEDED:
        return None
    row.purchase_id = purchase.id
    row.provider_refund_id = returned.provider_refund_id
    row.amount = returned.amount
    row.status = Stage.SUCCEEDED.value
    row.finished_at = now
    row.error = None
    await session.flush()
    return await _settle(session, purchase, row, now)


async def _row(session: AsyncSession, purchase: Purchase, returned: Returned, now: datetime) -> Refund:
    """By the provider's id; else the one of ours whose answer was lost; else a new one."""
    known = await session.scalar(
        select(Refund)
        .where(Refund.provider == purchase.provider, Refund.provider_refund_id == returned.provider_refund_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if known is not None:
        return known
    return await _unanswered(session, purchase, returned) or _new(session, purchase, returned, now)


async def _unanswered(session: AsyncSession, purchase: Purchase, returned: Returned) -> Refund | None:
    rows = await session.scalars(
        select(Refund)
        .where(
            Refund.purchase_id == purchase.id,
            Refund.status == Stage.PENDING,
            Refund.provider_refund_id.is_(None),
        )
        .order_by(Refund.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return next((row for row in rows if _is_of(row, returned)), None)


def _is_of(row: Refund, returned: Returned) -> bool:
    """Stars come back in one sum, so there is only one refund of a purchase; others are known by their words."""
    if row.provider == STARS:
        return True
    if row.sent_at is None or row.amount != returned.amount:
        return False
    return returned.description in (None, orjson.loads(row.request).get("description"))


def _new(session: AsyncSession, purchase: Purchase, returned: Returned, now: datetime) -> Refund:
    row = Refund(
        provider=purchase.provider,
        key=f"{NOT_OURS}{returned.provider_refund_id}",
        request="",
        amount=returned.amount,
        currency=returned.currency,
        status=Stage.PENDING.value,
        created_at=now,
    )
    session.add(row)
    return row


async def _settle(session: AsyncSession, purchase: Purchase, row: Refund, now: datetime) -> Done:
    """The days that go with all that is back by now; a purchase that is back as a whole is over."""
    about = await paid(session, purchase.id)
    await changes.lock(session, about.user_id, about.module_id)
    stands = await standing(session, purchase.id)
    days = stands.to_take(stands.refunded, now)
    change = None
    if days > 0:
        change = await give(session, about.user_id, about.module_id, -days, Source.REFUND, row.id, now)
        row.days_taken = days
    if stands.refunded >= stands.amount:
        purchase.status = Status.REFUNDED.value
    await session.flush()
    return Done(task_of(row), about, await standing(session, purchase.id), change)


async def answered(session: AsyncSession, refund: Task, provider_refund_id: str, now: datetime) -> None:
    """The provider's id for a refund of ours; where it was booked under that id meanwhile, ours is the same one."""
    booked = await session.scalar(
        select(Refund.id).where(
            Refund.provider == refund.provider,
            Refund.provider_refund_id == provider_refund_id,
            Refund.id != refund.id,
        )
    )
    if booked is not None:
        await close(session, refund.id, Stage.CANCELED, f"booked as refund {booked}", now)
        return
    await session.execute(
        update(Refund)
        .where(Refund.id == refund.id, Refund.provider_refund_id.is_(None))
        .values(provider_refund_id=provider_refund_id)
    )


async def close(
    session: AsyncSession, refund_id: int, stage: Stage, error: str | None, now: datetime
) -> bool:
    """Ends a pending refund with no effect on access. Whether that was news to the books."""
    done = await session.execute(
        update(Refund)
        .where(Refund.id == refund_id, Refund.status == Stage.PENDING)
        .values(status=stage.value, error=error, finished_at=now)
        .returning(Refund.id)
    )
    return done.scalar_one_or_none() is not None


async def named(session: AsyncSession, provider: str, provider_refund_id: str) -> Task | None:
    row = await session.scalar(
        select(Refund).where(Refund.provider == provider, Refund.provider_refund_id == provider_refund_id)
    )
    return task_of(row) if row else None


async def claimed(session: AsyncSession, provider: str, provider_refund_ids: list[str]) -> set[str]:
    """Those of them that our books hold already."""
    rows = await session.scalars(
        select(Refund.provider_refund_id).where(
            Refund.provider == provider, Refund.provider_refund_id.in_(provider_refund_ids)
        )
    )
    return {row for row in rows if row is not None}


async def booked(session: AsyncSession, provider: str, provider_refund_ids: list[str]) -> set[str]:
    """Those of them whose money our books hold as returned."""
    rows = await session.scalars(
        select(Refund.provider_refund_id).where(
            Refund.provider == provider,
            Refund.provider_refund_id.in_(provider_refund_ids),
            Refund.status == Stage.SUCCEEDED,
        )
    )
    return {row for row in rows if row is not None}


async def keep_early(session: AsyncSession, charge_id: str, amount: int, now: datetime) -> None:
    """Stars given back before our books hold the payment: kept pending, until the payment is there."""
    await session.execute(
        insert(Refund)
        .values(
            provider=STARS,
            key=f"{NOT_OURS}{charge_id}",
            request="",
            amount=amount,
            currency="XTR",
            provider_refund_id=charge_id,
            status=Stage.PENDING.value,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
