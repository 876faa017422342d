"""Payments inside Telegram: invoices by the provider token, and Stars. `successful_payment` is proof by itself."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import is_deleted
from db.accounts.registration import get_account_id
from db.payments import parked
from db.payments.methods import CHARGE_PREFIX, XTR, YOOKASSA_ID, PaymentMethod
from db.payments.prices import is_todays
from db.payments.purchases import PurchaseStatus
from db.payments.sales import Sale, create_attempt, lock_sale
from db.payments.settling import DELETED, Outcome, Settlement, close_unclaimed, credit
from db.tables import Attempt, Offer, Purchase


class PreCheckoutVerdict(StrEnum):
    """Why an invoice may not be paid; OK where it may."""

    OK = "ok"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"
    CLOSED = "closed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class TelegramCharge:
    """What Telegram says of a payment. `amount` in the smallest unit; `payload` is the attempt's key."""

    payload: str
    amount: int
    currency: str
    telegram_id: int
    charge_id: str
    provider_charge_id: str
    at: datetime

    @property
    def method(self) -> PaymentMethod:
        return PaymentMethod.STARS if self.currency == XTR else PaymentMethod.INVOICE

    @property
    def payment_id(self) -> str:
        """By the rules of the purchases table: Stars by their charge; an invoice by YooKassa's id, so that one
        payment can't count twice, or where that has another form by Telegram's charge."""
        if self.method is PaymentMethod.STARS:
            return self.charge_id
        known = YOOKASSA_ID.fullmatch(self.provider_charge_id)
        return self.provider_charge_id if known else f"{CHARGE_PREFIX}{self.charge_id}"


async def check_pre_checkout(
    session: AsyncSession, payload: str, telegram_id: int, amount: int, currency: str, now: datetime
) -> PreCheckoutVerdict:
    """Reads only and waits for no lock: Telegram gives ten seconds. Any chat of the account may pay: an order goes on
    in the one that it was opened in, or asked about, last, and its invoice may be in another."""
    row = (
        await session.execute(
            select(Attempt, Purchase, Offer)
            .join(Purchase, Purchase.id == Attempt.purchase_id)
            .outerjoin(Offer, Offer.id == Attempt.offer_id)
            .where(Attempt.key == payload)
        )
    ).one_or_none()
    if row is None:
        return PreCheckoutVerdict.UNKNOWN
    attempt, purchase, offer = row
    if attempt.telegram_id != telegram_id and attempt.user_id != await get_account_id(session, telegram_id):
        return PreCheckoutVerdict.FOREIGN
    if attempt.closed_at is not None or purchase.status != PurchaseStatus.PENDING:
        return PreCheckoutVerdict.CLOSED
    if (purchase.amount_cents, purchase.currency) != (amount, currency):
        return PreCheckoutVerdict.CHANGED
    if offer is not None and not is_todays(purchase, offer, now):
        return PreCheckoutVerdict.CHANGED
    return PreCheckoutVerdict.OK


async def settle_charge(session: AsyncSession, charge: TelegramCharge, now: datetime) -> Settlement:
    """Credits what was paid, once; what no purchase explains is parked, never dropped.

    Raises Refused where the days can't be given: then the transaction is to be rolled back, and the charge parked.
    """
    sale = await lock_sale(session, Attempt.key == charge.payload)
    if await _is_credited(session, charge):
        return Settlement(Outcome.REPEATED, charge.payment_id)
    if sale is None:
        return await _park(session, charge, "payload", now)
    if (sale.purchase.amount_cents, sale.purchase.currency) != (charge.amount, charge.currency):
        return await _park(session, charge, "amount", now)
    if await is_deleted(session, sale.purchase.user_id):
        if sale.purchase.status == PurchaseStatus.PENDING:
            await close_unclaimed(session, sale, now)
        return await _park(session, charge, DELETED, now)
    outcome = Outcome.CREDITED
    if sale.purchase.status not in (PurchaseStatus.PENDING, PurchaseStatus.CANCELED):
        sale = await _create_second(session, sale, charge, now)
        outcome = Outcome.SECOND
    sale.attempt.charge_id = charge.charge_id
    change = await credit(session, sale, charge.payment_id, charge.at, charge.charge_id, now)
    return Settlement(outcome, charge.payment_id, sale, change)


async def settle_assigned_charge(session: AsyncSession, attempt_id: int, now: datetime) -> Settlement:
    """A parked charge that an admin has assigned: it was proven when it came. Raises Refused, as above."""
    sale = await lock_sale(session, Attempt.id == attempt_id)
    assert sale is not None
    payment_id = sale.purchase.provider_payment_id
    if sale.purchase.status != PurchaseStatus.PENDING:
        return Settlement(Outcome.REPEATED, payment_id)
    charge_id = payment_id.removeprefix(CHARGE_PREFIX)
    sale.attempt.charge_id = charge_id
    change = await credit(session, sale, payment_id, sale.purchase.created_at, charge_id, now)
    return Settlement(Outcome.CREDITED, payment_id, sale, change)


async def _is_credited(session: AsyncSession, charge: TelegramCharge) -> bool:
    found = await session.scalar(
        select(Purchase.id).where(
            Purchase.provider == charge.method.provider,
            Purchase.provider_payment_id == charge.payment_id,
            Purchase.status.in_((PurchaseStatus.SUCCEEDED.value, PurchaseStatus.REFUNDED.value)),
        )
    )
    return found is not None


async def park_refused_charge(session: AsyncSession, charge: TelegramCharge, now: datetime) -> Settlement:
    """`settle_charge` has raised Refused: nobody's days can be given for it (yet)."""
    return await _park(session, charge, "refused", now)


async def _park(session: AsyncSession, charge: TelegramCharge, reason: str, now: datetime) -> Settlement:
    new = await parked.park_payment(
        session,
        provider=charge.method.provider,
        payment_id=charge.payment_id,
        amount=charge.amount,
        currency=charge.currency,
        paid_at=charge.at,
        reason=reason,
        now=now,
        telegram_id=charge.telegram_id,
        payload=charge.payload[:128],
    )
    return Settlement(Outcome.PARKED if new else Outcome.REPEATED, charge.payment_id, reason=reason)


async def _create_second(session: AsyncSession, first: Sale, charge: TelegramCharge, now: datetime) -> Sale:
    """A second charge on a paid purchase is a purchase of its own: somebody's money, somebody's days."""
    purchase, attempt = await create_attempt(
        session,
        user_id=first.purchase.user_id,
        telegram_id=charge.telegram_id,
        product_id=first.purchase.product_id,
        offer_id=first.attempt.offer_id,
        amount=charge.amount,
        currency=charge.currency,
        days=first.purchase.days,
        method=PaymentMethod(first.attempt.method),
        key=f"second:{charge.charge_id}",
        payment_id=charge.payment_id,
        now=now,
        outcome="second charge",
    )
    return replace(first, purchase=purchase, attempt=attempt)
