"""Settling: what the provider says of a payment becomes one succeeded purchase and its days, once.

Nothing here believes a callback: `PaymentSnapshot` is what was fetched with our own key.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from db.access.changes import AppliedChange, Source, change_access
from db.account_ids import is_deleted
from db.errors import Refused
from db.payments import parked
from db.payments.attempts import finish_attempt, record_status
from db.payments.methods import KEY_PREFIX, YOOKASSA, PaymentMethod
from db.payments.purchases import PurchaseStatus, count_returned_days
from db.payments.sales import Sale, lock_sale
from db.tables import Purchase

DELETED = "deleted"  # why a payment is parked: whoever paid has deleted the account


@dataclass(frozen=True, slots=True)
class PaymentSnapshot:
    """A payment as the provider shows it. `amount` and `refunded` in the currency's smallest unit."""

    payment_id: str
    status: str
    paid: bool
    amount: int
    currency: str
    key: str | None
    test: bool
    recipient: str | None
    refunded: int
    at: datetime
    receipt: str | None
    cancellation: str | None


class Outcome(StrEnum):
    """UNKNOWN: no purchase of ours. MISMATCH: not what we asked for, so not believed. NOT_CREDITED: paid, but the
    days can't be given (yet), so nothing was changed. The last four are those of a charge that Telegram tells of."""

    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    OPEN = "open"
    NO_NEWS = "no news"
    UNKNOWN = "unknown"
    MISMATCH = "mismatch"
    NOT_CREDITED = "not credited"
    CREDITED = "credited"
    SECOND = "credited as a second purchase"
    REPEATED = "repeated"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a payment. `sale` is None where no purchase of ours has it, `change` where no days were given.

    `reason`: the provider's for a cancellation, its status of an open payment, what differs in a mismatch, why a
    charge was parked.
    """

    outcome: Outcome
    payment_id: str
    sale: Sale | None = None
    change: AppliedChange | None = None
    reason: str = ""

    @property
    def purchase(self) -> Purchase | None:
        return self.sale.purchase if self.sale else None


async def settle(session: AsyncSession, snapshot: PaymentSnapshot, now: datetime) -> Settlement:
    """Starts from pending or canceled, and from nothing else: paid after we had called it canceled is honoured."""
    sale = await _lock_sale(session, snapshot)
    if sale is None:
        return Settlement(Outcome.UNKNOWN, snapshot.payment_id)
    outcome, change, reason = await _settle(session, snapshot, sale, now)
    return Settlement(outcome, snapshot.payment_id, sale, change, reason)


async def _settle(
    session: AsyncSession, snapshot: PaymentSnapshot, sale: Sale, now: datetime
) -> tuple[Outcome, AppliedChange | None, str]:
    """The outcome, the days given, and the settlement's reason."""
    purchase, attempt = sale.purchase, sale.attempt
    if difference := find_difference(snapshot, sale):
        await record_status(session, attempt.id, Outcome.MISMATCH, now)
        return Outcome.MISMATCH, None, difference
    if purchase.status not in (PurchaseStatus.PENDING, PurchaseStatus.CANCELED):
        if purchase.receipt is None:
            purchase.receipt = snapshot.receipt  # registered after the payment
        return Outcome.NO_NEWS, None, ""
    if snapshot.status == "succeeded" and snapshot.paid:
        if await is_deleted(session, purchase.user_id):
            return await _park(session, snapshot, sale, now), None, DELETED
        return *await _credit(session, snapshot, sale, now), ""
    if snapshot.status == "canceled":
        if purchase.status == PurchaseStatus.CANCELED:
            return Outcome.NO_NEWS, None, ""  # the payment may be parked by now: its id must stay free
        await _cancel(session, snapshot, sale, now)
        return Outcome.CANCELED, None, snapshot.cancellation or ""
    await record_status(session, attempt.id, snapshot.status, now)
    return Outcome.OPEN, None, "succeeded, not paid" if snapshot.status == "succeeded" else snapshot.status


async def _lock_sale(session: AsyncSession, snapshot: PaymentSnapshot) -> Sale | None:
    """By the payment's id; else by the key in its metadata, where the row still has its placeholder."""
    payment_ids = (
        [snapshot.payment_id, f"{KEY_PREFIX}{snapshot.key}"] if snapshot.key else [snapshot.payment_id]
    )
    for payment_id in payment_ids:
        sale = await lock_sale(
            session, Purchase.provider == YOOKASSA, Purchase.provider_payment_id == payment_id
        )
        if sale is not None:
            return sale
    return None


def find_difference(snapshot: PaymentSnapshot, sale: Sale) -> str:
    """What does not agree with the purchase; empty where all does. What the creating answer never told us
    (it was lost) can't be compared: the payment was still fetched with our own key and has ours in its metadata.
    A payment by Telegram invoice has none: Telegram, or an admin, has named it by its id."""
    purchase, attempt = sale.purchase, sale.attempt
    pairs: list[tuple[str, object, object]] = [
        ("amount", snapshot.amount, purchase.amount_cents),
        ("currency", snapshot.currency, purchase.currency),
    ]
    if attempt.method == PaymentMethod.LINK:
        pairs.append(("metadata", snapshot.key, attempt.key))
    if attempt.test is not None:
        pairs.append(("test", snapshot.test, attempt.test))
    if attempt.recipient is not None:
        pairs.append(("recipient", snapshot.recipient, attempt.recipient))
    return ", ".join(f"{name}: {got!r}, not {ours!r}" for name, got, ours in pairs if got != ours)


async def _credit(
    session: AsyncSession, snapshot: PaymentSnapshot, sale: Sale, now: datetime
) -> tuple[Outcome, AppliedChange | None]:
    try:
        change = await credit(
            session, sale, snapshot.payment_id, snapshot.at, snapshot.receipt, now, refunded=snapshot.refunded
        )
    except Refused:
        await record_status(session, sale.attempt.id, Outcome.NOT_CREDITED, now)
        return Outcome.NOT_CREDITED, None
    return Outcome.SUCCEEDED, change


async def credit(
    session: AsyncSession,
    sale: Sale,
    payment_id: str,
    paid_at: datetime,
    receipt: str | None,
    now: datetime,
    *,
    refunded: int = 0,
) -> AppliedChange | None:
    """The one way a purchase of ours succeeds; its row is locked. Days whose money the provider had already returned
    are not given: None where that is all of them. Raises Refused before anything is written."""
    purchase = sale.purchase
    days = purchase.days - count_returned_days(purchase.days, purchase.amount_cents, refunded)
    change = None
    if days != 0:
        change = await change_access(
            session, purchase.user_id, sale.module_id, days, Source.PURCHASE, purchase.id, now
        )
    returned = refunded >= purchase.amount_cents
    purchase.status = PurchaseStatus.REFUNDED if returned else PurchaseStatus.SUCCEEDED
    purchase.provider_payment_id = payment_id
    purchase.purchased_at = paid_at
    purchase.receipt = receipt
    await session.flush()
    await finish_attempt(session, sale.attempt.id, "succeeded", now)
    await parked.mark_solved(session, purchase.provider, payment_id, purchase.id, now)
    return change


async def _park(session: AsyncSession, snapshot: PaymentSnapshot, sale: Sale, now: datetime) -> Outcome:
    """Its payer has deleted the account. The purchase gives the payment's id back, so that an admin can assign it."""
    await close_unclaimed(session, sale, now)
    if snapshot.refunded >= snapshot.amount:
        return Outcome.NO_NEWS
    new = await parked.park_payment(
        session,
        provider=YOOKASSA,
        payment_id=snapshot.payment_id,
        amount=snapshot.amount,
        currency=snapshot.currency,
        paid_at=snapshot.at,
        reason=DELETED,
        now=now,
    )
    return Outcome.PARKED if new else Outcome.REPEATED


async def close_unclaimed(session: AsyncSession, sale: Sale, now: datetime) -> None:
    sale.purchase.status = PurchaseStatus.CANCELED
    sale.purchase.provider_payment_id = f"{KEY_PREFIX}{sale.attempt.key}"
    await session.flush()
    await finish_attempt(session, sale.attempt.id, DELETED, now)


async def _cancel(session: AsyncSession, snapshot: PaymentSnapshot, sale: Sale, now: datetime) -> None:
    sale.purchase.status = PurchaseStatus.CANCELED
    sale.purchase.provider_payment_id = snapshot.payment_id
    await session.flush()
    await finish_attempt(session, sale.attempt.id, snapshot.cancellation or "canceled", now)
