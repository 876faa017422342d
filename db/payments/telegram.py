"""Payments inside Telegram: invoices by the provider token, and Stars. `successful_payment` is proof by itself."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.access.changes import AppliedChange, Source, change_access
from db.payments import parked
from db.payments.purchases import PaymentMethod, PurchaseStatus, finish_attempt
from db.tables import Attempt, Module, Product, Purchase

YOOKASSA_ID = re.compile(r"[0-9a-fA-F-]{36}")


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
        return PaymentMethod.STARS if self.currency == "XTR" else PaymentMethod.INVOICE

    @property
    def payment_id(self) -> str:
        """By the rules of the purchases table: Stars by their charge; an invoice by YooKassa's id, so that one
        payment can't count twice, or where that has another form by Telegram's charge."""
        if self.method is PaymentMethod.STARS:
            return self.charge_id
        known = YOOKASSA_ID.fullmatch(self.provider_charge_id)
        return self.provider_charge_id if known else f"tg:{self.charge_id}"


class ChargeOutcome(StrEnum):
    CREDITED = "credited"
    SECOND = "credited as a second purchase"
    REPEATED = "repeated"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class ChargeSettlement:
    outcome: ChargeOutcome
    reason: str = ""
    purchase: Purchase | None = None
    attempt: Attempt | None = None
    change: AppliedChange | None = None
    product: str = ""
    module: str = ""
    module_id: int = 0


async def check_pre_checkout(
    session: AsyncSession, payload: str, telegram_id: int, amount: int, currency: str
) -> PreCheckoutVerdict:
    """Reads only and waits for no lock: Telegram gives ten seconds."""
    row = (
        await session.execute(
            select(Attempt, Purchase)
            .join(Purchase, Purchase.id == Attempt.purchase_id)
            .where(Attempt.key == payload)
        )
    ).one_or_none()
    if row is None:
        return PreCheckoutVerdict.UNKNOWN
    attempt, purchase = row
    if attempt.telegram_id != telegram_id:
        return PreCheckoutVerdict.FOREIGN
    if attempt.closed_at is not None or purchase.status != PurchaseStatus.PENDING:
        return PreCheckoutVerdict.CLOSED
    if (purchase.amount_cents, purchase.currency) != (amount, currency):
        return PreCheckoutVerdict.CHANGED
    return PreCheckoutVerdict.OK


async def settle_charge(session: AsyncSession, charge: TelegramCharge, now: datetime) -> ChargeSettlement:
    """Credits what was paid, once; what no purchase explains is parked, never dropped."""
    by_key = _orders().where(Attempt.key == charge.payload)
    found = (await session.execute(by_key)).one_or_none()
    if await _is_credited(session, charge):
        return ChargeSettlement(ChargeOutcome.REPEATED)
    if found is None:
        return await _park(session, charge, "payload", now)
    attempt, purchase, product, module_id, module = found
    if (purchase.amount_cents, purchase.currency) != (charge.amount, charge.currency):
        return await _park(session, charge, "amount", now)
    outcome = ChargeOutcome.CREDITED
    if purchase.status not in (PurchaseStatus.PENDING, PurchaseStatus.CANCELED):
        purchase, attempt = await _create_second_purchase(session, purchase, attempt, charge, now)
        outcome = ChargeOutcome.SECOND
    purchase.provider_payment_id = charge.payment_id
    change = await _credit(session, purchase, attempt, charge.charge_id, charge.at, module_id, now)
    await parked.mark_solved(session, purchase.provider, charge.payment_id, purchase.id, now)
    return ChargeSettlement(outcome, "", purchase, attempt, change, product, module, module_id)


async def _credit(
    session: AsyncSession,
    purchase: Purchase,
    attempt: Attempt,
    charge_id: str,
    at: datetime,
    module_id: int,
    now: datetime,
) -> AppliedChange:
    purchase.status = PurchaseStatus.SUCCEEDED
    purchase.purchased_at = at
    purchase.receipt = charge_id
    attempt.charge_id = charge_id
    await session.flush()
    await finish_attempt(session, attempt.id, "succeeded", now)
    return await change_access(
        session, purchase.user_id, module_id, purchase.days, Source.PURCHASE, purchase.id, now
    )


async def settle_assigned_charge(session: AsyncSession, attempt_id: int, now: datetime) -> ChargeSettlement:
    """A parked charge that an admin has assigned: it was proven when it came."""
    found = (await session.execute(_orders().where(Attempt.id == attempt_id))).one()
    attempt, purchase, product, module_id, module = found
    if purchase.status != PurchaseStatus.PENDING:
        return ChargeSettlement(ChargeOutcome.REPEATED)
    charge_id = purchase.provider_payment_id.removeprefix("tg:")
    change = await _credit(session, purchase, attempt, charge_id, purchase.created_at, module_id, now)
    return ChargeSettlement(ChargeOutcome.CREDITED, "", purchase, attempt, change, product, module, module_id)


def _orders() -> Select[Attempt, Purchase, str, int, str]:
    return (
        select(Attempt, Purchase, Product.name, Module.id, Module.name)
        .join(Purchase, Purchase.id == Attempt.purchase_id)
        .join(Product, Product.product_id == Purchase.product_id)
        .join(Module, Module.id == Product.module_id)
        .with_for_update(of=Purchase)
    )


async def _is_credited(session: AsyncSession, charge: TelegramCharge) -> bool:
    found = await session.scalar(
        select(Purchase.id).where(
            Purchase.provider == charge.method.provider,
            Purchase.provider_payment_id == charge.payment_id,
            Purchase.status.in_((PurchaseStatus.SUCCEEDED.value, PurchaseStatus.REFUNDED.value)),
        )
    )
    return found is not None


async def park_refused_charge(
    session: AsyncSession, charge: TelegramCharge, now: datetime
) -> ChargeSettlement:
    """`settle_charge` has raised Refused: nobody's days can be given for it (yet)."""
    return await _park(session, charge, "refused", now)


async def _park(
    session: AsyncSession, charge: TelegramCharge, reason: str, now: datetime
) -> ChargeSettlement:
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
    return ChargeSettlement(ChargeOutcome.PARKED if new else ChargeOutcome.REPEATED, reason)


async def _create_second_purchase(
    session: AsyncSession, first: Purchase, attempt: Attempt, charge: TelegramCharge, now: datetime
) -> tuple[Purchase, Attempt]:
    """A second charge on a paid purchase is a purchase of its own: somebody's money, somebody's days."""
    purchase = Purchase(
        user_id=first.user_id,
        product_id=first.product_id,
        amount_cents=charge.amount,
        provider=first.provider,
        status=PurchaseStatus.PENDING.value,
        provider_payment_id=charge.payment_id,
        days=first.days,
        currency=charge.currency,
        created_at=now,
    )
    session.add(purchase)
    await session.flush()
    second = Attempt(
        purchase_id=purchase.id,
        user_id=first.user_id,
        offer_id=attempt.offer_id,
        telegram_id=charge.telegram_id,
        method=attempt.method,
        key=f"second:{charge.charge_id}",
        request="",
        created_at=now,
        closed_at=now,
        outcome="second charge",
    )
    session.add(second)
    await session.flush()
    return purchase, second
