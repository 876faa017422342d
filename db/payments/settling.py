"""Settling: what the provider says of a payment becomes one succeeded purchase and its days, once.

Nothing here believes a callback: `PaymentSnapshot` is what was fetched with our own key.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.access.changes import AppliedChange, Source, change_access
from db.errors import Refused
from db.payments import parked
from db.payments.purchases import YOOKASSA, PaymentMethod, PurchaseStatus, finish_attempt, record_status
from db.tables import Attempt, Module, Product, Purchase


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
    days can't be given (yet), so nothing was changed."""

    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    OPEN = "open"
    NO_NEWS = "no news"
    UNKNOWN = "unknown"
    MISMATCH = "mismatch"
    NOT_CREDITED = "not credited"


@dataclass(frozen=True, slots=True)
class Settlement:
    outcome: Outcome
    purchase: Purchase | None = None
    attempt: Attempt | None = None
    change: AppliedChange | None = None
    product: str = ""
    module: str = ""
    module_id: int = 0
    differs: str = ""


Found = Row[Purchase, Attempt, str, int, str]


async def settle(session: AsyncSession, seen: PaymentSnapshot, now: datetime) -> Settlement:
    """Starts from pending or canceled, and from nothing else: paid after we had called it canceled is honoured."""
    found = await _find(session, seen)
    if found is None:
        return Settlement(Outcome.UNKNOWN)
    purchase, attempt, product, module_id, module = found
    if differs := find_difference(seen, purchase, attempt):
        await record_status(session, attempt.id, Outcome.MISMATCH, now)
        return Settlement(Outcome.MISMATCH, purchase, attempt, differs=differs)
    if purchase.status not in (PurchaseStatus.PENDING, PurchaseStatus.CANCELED):
        if purchase.receipt is None:
            purchase.receipt = seen.receipt  # registered after the payment
        return Settlement(Outcome.NO_NEWS, purchase, attempt)
    if seen.status == "succeeded" and seen.paid:
        try:
            change = await _give_days(session, seen, purchase, module_id, now)
        except Refused:
            await record_status(session, attempt.id, Outcome.NOT_CREDITED, now)
            return Settlement(Outcome.NOT_CREDITED, purchase, attempt)
        await _credit(session, seen, purchase, attempt, now)
        return Settlement(Outcome.SUCCEEDED, purchase, attempt, change, product, module, module_id)
    if seen.status == "canceled":
        news = purchase.status == PurchaseStatus.PENDING
        await _cancel(session, seen, purchase, attempt, now)
        outcome = Outcome.CANCELED if news else Outcome.NO_NEWS
        return Settlement(outcome, purchase, attempt, None, product, module, module_id)
    await record_status(session, attempt.id, seen.status, now)
    return Settlement(Outcome.OPEN, purchase, attempt)


# Purchases without an attempt are the other application's and are never found.
FIND = (
    select(Purchase, Attempt, Product.name, Module.id, Module.name)
    .join(Attempt, Attempt.purchase_id == Purchase.id)
    .join(Product, Product.product_id == Purchase.product_id)
    .join(Module, Module.id == Product.module_id)
    .where(Purchase.provider == YOOKASSA, Purchase.provider_payment_id == bindparam("payment"))
    .with_for_update(of=Purchase)
    .execution_options(populate_existing=True)
)


async def _find(session: AsyncSession, seen: PaymentSnapshot) -> Found | None:
    """By the payment's id; else by the key in its metadata, where the row still bears its placeholder."""
    places = [seen.payment_id, f"key:{seen.key}"] if seen.key else [seen.payment_id]
    for place in places:
        found = await session.execute(FIND, {"payment": place})
        if (row := found.one_or_none()) is not None:
            return row
    return None


def find_difference(seen: PaymentSnapshot, purchase: Purchase, attempt: Attempt) -> str:
    """What does not agree with the purchase; empty where all does. What the creating answer never told us
    (it was lost) can't be compared: the payment was still fetched with our own key and bears ours in its metadata.
    A payment by Telegram invoice bears none: Telegram, or an admin, has named it by its id."""
    pairs: list[tuple[str, object, object]] = [
        ("amount", seen.amount, purchase.amount_cents),
        ("currency", seen.currency, purchase.currency),
    ]
    if attempt.method == PaymentMethod.LINK:
        pairs.append(("metadata", seen.key, attempt.key))
    if attempt.test is not None:
        pairs.append(("test", seen.test, attempt.test))
    if attempt.recipient is not None:
        pairs.append(("recipient", seen.recipient, attempt.recipient))
    return ", ".join(f"{name}: {got!r}, not {ours!r}" for name, got, ours in pairs if got != ours)


async def _give_days(
    session: AsyncSession, seen: PaymentSnapshot, purchase: Purchase, module_id: int, now: datetime
) -> AppliedChange | None:
    """What the provider had already returned is not given: days are lost in proportion, rounded down.

    Raises Refused before anything is written.
    """
    returned = purchase.days * min(seen.refunded, seen.amount) // seen.amount
    if purchase.days == returned:
        return None
    days = purchase.days - returned
    return await change_access(session, purchase.user_id, module_id, days, Source.PURCHASE, purchase.id, now)


async def _credit(
    session: AsyncSession, seen: PaymentSnapshot, purchase: Purchase, attempt: Attempt, now: datetime
) -> None:
    full = seen.refunded >= seen.amount
    purchase.status = PurchaseStatus.REFUNDED if full else PurchaseStatus.SUCCEEDED
    purchase.provider_payment_id = seen.payment_id
    purchase.purchased_at = seen.at
    purchase.receipt = seen.receipt
    await session.flush()
    await finish_attempt(session, attempt.id, "succeeded", now)
    await parked.mark_solved(session, YOOKASSA, seen.payment_id, purchase.id, now)


async def _cancel(
    session: AsyncSession, seen: PaymentSnapshot, purchase: Purchase, attempt: Attempt, now: datetime
) -> None:
    purchase.status = PurchaseStatus.CANCELED
    purchase.provider_payment_id = seen.payment_id
    await session.flush()
    await finish_attempt(session, attempt.id, seen.cancellation or "canceled", now)


async def purchase_exists(session: AsyncSession, payment_id: str) -> bool:
    """Whether any purchase, the other application's too, bears this payment's id."""
    found = await session.scalar(
        select(Purchase.id).where(Purchase.provider == YOOKASSA, Purchase.provider_payment_id == payment_id)
    )
    return found is not None
