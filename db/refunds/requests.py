"""Refunds: a draft is confirmed, goes to the provider, and ends; with the money go the days it had paid for.

Who changes a purchase's refunds holds the purchase's row. An amount is reserved from the confirmation on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import errors
from db.payments.methods import STARS, YOOKASSA_ID
from db.payments.purchases import FROM_PURCHASES, PurchaseStatus, lock_purchase
from db.refunds.days import PurchaseBalance, get_balance
from db.tables import Refund

DRAFT_LIVES = timedelta(hours=1)  # what it told may no longer be so


class RefundStatus(StrEnum):
    DRAFT = "draft"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class PaidPurchase:
    """A purchase of ours. `amount` in the smallest unit; `payer` is the Telegram id the money came from, `request`
    what its provider was asked for."""

    id: int
    user_id: int
    product: str
    module: str
    module_id: int
    amount: int
    currency: str
    days: int
    provider: str
    payment_id: str
    status: str
    at: datetime | None
    payer: int
    request: str


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """What a refund will do: return `amount` and take `days`."""

    refund_id: int
    key: str
    amount: int
    days: int
    purchase: PaidPurchase
    balance: PurchaseBalance

    @property
    def ends_at(self) -> datetime | None:
        """When access will end then; None without end, and where there is none."""
        end = self.balance.access_end
        return end - timedelta(days=self.days) if end else None


@dataclass(frozen=True, slots=True)
class RefundTask:
    """A refund as its job needs it; `request` is sent byte for byte under `key`. Without `purchase_id` it came before
    its payment, or the purchase was deleted since."""

    id: int
    purchase_id: int | None
    provider: str
    key: str
    request: str
    amount: int
    currency: str
    provider_refund_id: str | None
    status: str
    asked_by: int | None
    created_at: datetime
    sent_at: datetime | None


async def create_draft(
    session: AsyncSession, purchase_id: int, amount: int | None, asked_by: int, key: str, now: datetime
) -> RefundPlan:
    """All that is left without `amount`. Nothing is reserved; its request is still to be frozen.

    Raises PurchaseUnknown, PurchaseForeign, NotRefundable, RefundByHand, StarsInFullOnly, RefundTooMuch.
    """
    purchase = await _lock_refundable(session, purchase_id)
    balance = await get_balance(session, purchase_id)
    returned = _check_amount(purchase, balance, amount)
    row = Refund(
        purchase_id=purchase_id,
        provider=purchase.provider,
        key=key,
        request="",
        amount=returned,
        currency=purchase.currency,
        status=RefundStatus.DRAFT.value,
        asked_by=asked_by,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return _to_plan(row, purchase, balance, now)


async def get_paid(session: AsyncSession, purchase_id: int) -> PaidPurchase:
    """Locks it. Raises PurchaseUnknown, PurchaseForeign."""
    row = (await session.execute(PAID, {"purchase_id": purchase_id})).one_or_none()
    if row is None:
        raise errors.PurchaseUnknown(purchase_id)
    if row.payer is None:
        raise errors.PurchaseForeign(purchase_id)
    return PaidPurchase(*row)


async def _lock_refundable(session: AsyncSession, purchase_id: int) -> PaidPurchase:
    """Locks it, and lets pass only what can be returned by us."""
    purchase = await get_paid(session, purchase_id)
    if purchase.status != PurchaseStatus.SUCCEEDED:
        raise errors.NotRefundable(purchase_id, purchase.status)
    if purchase.provider != STARS and not YOOKASSA_ID.fullmatch(purchase.payment_id):
        raise errors.RefundByHand(purchase_id, purchase.payment_id)
    return purchase


# An assigned payment was paid by whoever Telegram named when it was parked.
PAID = text(
    f"""
select p.id, p.user_id, pr.name as product, m.name as module, m.id as module_id, p.amount_cents as amount,
       p.currency, p.days, p.provider, p.provider_payment_id as payment_id, p.status, p.purchased_at as at,
       coalesce(parked.telegram_id, a.telegram_id) as payer, coalesce(a.request, '') as request
{FROM_PURCHASES}
left join bot.parked_payments parked
    on parked.provider = p.provider and parked.payment_id = p.provider_payment_id and a.id is not null
where p.id = :purchase_id
for update of p
"""
)


def _check_amount(purchase: PaidPurchase, balance: PurchaseBalance, amount: int | None) -> int:
    """What is returned; raises what forbids it."""
    left = purchase.amount - balance.refunded - balance.pending
    returned = left if amount is None else amount
    if purchase.provider == STARS and left > 0 and returned != purchase.amount:
        raise errors.StarsInFullOnly(purchase.id, purchase.amount)
    if not 0 < returned <= left:
        raise errors.RefundTooMuch(purchase.id, max(left, 0), purchase.currency)
    return returned


def _to_plan(row: Refund, purchase: PaidPurchase, balance: PurchaseBalance, now: datetime) -> RefundPlan:
    return RefundPlan(row.id, row.key, row.amount, balance.taken_by(row.amount, now), purchase, balance)


async def record_request(session: AsyncSession, refund_id: int, request: str) -> None:
    """Once and for ever: a repetition sends the same bytes."""
    await session.execute(
        update(Refund).where(Refund.id == refund_id, Refund.request == "").values(request=request)
    )


async def record_confirmation(session: AsyncSession, refund_id: int, now: datetime) -> RefundPlan:
    """From here on its amount is reserved. Raises RefundGone, RefundAsked, and what `create_draft` raises."""
    purchase_id = await session.scalar(select(Refund.purchase_id).where(Refund.id == refund_id))
    if purchase_id is None:
        raise errors.RefundGone(refund_id)
    purchase = await _lock_unconfirmed(session, refund_id, purchase_id)
    row = await _lock_draft(session, refund_id, now)
    balance = await get_balance(session, purchase_id)
    _check_amount(purchase, balance, row.amount)
    row.status = RefundStatus.PENDING.value
    return _to_plan(row, purchase, balance, now)


async def _lock_unconfirmed(session: AsyncSession, refund_id: int, purchase_id: int) -> PaidPurchase:
    """A press on a button of yesterday is told how that refund ended, rather than what its purchase is now."""
    await lock_purchase(session, purchase_id)
    status = await session.scalar(select(Refund.status).where(Refund.id == refund_id))
    if status is not None and status != RefundStatus.DRAFT:
        raise errors.RefundAsked(refund_id, status)
    return await _lock_refundable(session, purchase_id)


async def _lock_draft(session: AsyncSession, refund_id: int, now: datetime) -> Refund:
    row = await session.get(Refund, refund_id, with_for_update=True, populate_existing=True)
    if row is None or now - row.created_at > DRAFT_LIVES:
        raise errors.RefundGone(refund_id)
    return row


async def delete_draft(session: AsyncSession, refund_id: int) -> None:
    """Raises RefundGone, RefundAsked."""
    draft = delete(Refund).where(Refund.id == refund_id, Refund.status == RefundStatus.DRAFT)
    if await session.scalar(draft.returning(Refund.id)) is not None:
        return
    status = await session.scalar(select(Refund.status).where(Refund.id == refund_id))
    raise errors.RefundGone(refund_id) if status is None else errors.RefundAsked(refund_id, status)


async def delete_old_drafts(session: AsyncSession, before: datetime) -> None:
    await session.execute(
        delete(Refund).where(Refund.status == RefundStatus.DRAFT, Refund.created_at < before)
    )


async def get_task(session: AsyncSession, refund_id: int) -> RefundTask | None:
    row = await session.get(Refund, refund_id, populate_existing=True)
    return to_task(row) if row else None


def to_task(row: Refund) -> RefundTask:
    return RefundTask(
        row.id,
        row.purchase_id,
        row.provider,
        row.key,
        row.request,
        row.amount,
        row.currency,
        row.provider_refund_id,
        row.status,
        row.asked_by,
        row.created_at,
        row.sent_at,
    )


async def mark_sent(session: AsyncSession, refund_id: int, now: datetime) -> bool:
    """The request may have reached the provider from now on. Whether it could not have before."""
    done = await session.execute(
        update(Refund)
        .where(Refund.id == refund_id, Refund.sent_at.is_(None))
        .values(sent_at=now)
        .returning(Refund.id)
    )
    return done.scalar_one_or_none() is not None


async def list_pending(session: AsyncSession, limit: int = 100) -> list[int]:
    """Confirmed and not ended, the oldest first."""
    rows = await session.scalars(
        select(Refund.id).where(Refund.status == RefundStatus.PENDING).order_by(Refund.id).limit(limit)
    )
    return list(rows)
