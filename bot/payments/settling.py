"""From a fetched payment to the database, and the news that follow: the one way all callers go."""

from datetime import datetime

import structlog
from aiogram.types import InlineKeyboardMarkup
from sqlalchemy.ext.asyncio import AsyncSession

from bot import metrics
from bot.chat.buttons import ShowOffer
from bot.chat.keyboards import press, rows
from bot.context import AppContext
from bot.notifications.events import (
    AdminPurchaseSucceeded,
    LinkPaid,
    PaymentHeld,
    PaymentMismatch,
    PaymentNotCredited,
    PaymentParked,
    PurchaseCanceled,
    PurchaseSucceeded,
)
from bot.notifications.notify import notify, notify_chats, notify_looked_into, raise_alert
from bot.texts.payments import links as words
from bot.yookassa.answers import ProviderPayment
from db.alerts import close_payment_alerts
from db.payments.parked import park_payment
from db.payments.purchases import YOOKASSA
from db.payments.settling import Outcome, PaymentSnapshot, Settlement, purchase_exists, settle

log = structlog.get_logger(__name__)


def to_snapshot(payment: ProviderPayment) -> PaymentSnapshot:
    return PaymentSnapshot(
        payment_id=payment.id,
        status=payment.status,
        paid=payment.paid,
        amount=payment.amount,
        currency=payment.currency,
        key=payment.metadata.get("key"),
        test=payment.test,
        recipient=payment.recipient,
        refunded=payment.refunded,
        at=payment.captured_at or payment.created_at,
        receipt=payment.id if payment.receipt_registration == "succeeded" else None,
        cancellation=payment.cancellation,
    )


async def settle_payment(
    session: AsyncSession, context: AppContext, payment: ProviderPayment, now: datetime
) -> Settlement:
    settled = await settle(session, to_snapshot(payment), now)
    metrics.count_settlement(session, YOOKASSA, settled.outcome)
    match settled.outcome:
        case Outcome.SUCCEEDED:
            await _notify_success(session, context, settled)
            await _close_alerts(session, settled, payment, now)
        case Outcome.CANCELED:
            await _notify_cancellation(session, settled, payment.cancellation)
            await _close_alerts(session, settled, payment, now)
        case Outcome.OPEN if payment.status == "waiting_for_capture" and settled.purchase:
            await raise_alert(session, context, PaymentHeld(subject=str(settled.purchase.id)))
        case Outcome.NOT_CREDITED:
            purchase, attempt = settled.purchase, settled.attempt
            assert purchase is not None
            assert attempt is not None
            money = purchase.amount_cents, purchase.currency
            await notify_not_credited(session, context, purchase.id, attempt.telegram_id, *money)
        case Outcome.MISMATCH:
            purchase_id = settled.purchase.id if settled.purchase else None
            mismatch = PaymentMismatch(subject=payment.id, purchase_id=purchase_id, differs=settled.differs)
            await raise_alert(session, context, mismatch)
        case Outcome.UNKNOWN:
            log.warning("payment_unknown", payment_id=payment.id)
    return settled


async def _close_alerts(
    session: AsyncSession, settled: Settlement, payment: ProviderPayment, now: datetime
) -> None:
    assert settled.purchase is not None
    await close_payment_alerts(session, settled.purchase.id, payment.id, now)


async def notify_not_credited(
    session: AsyncSession, context: AppContext, purchase_id: int, telegram_id: int, amount: int, currency: str
) -> None:
    """The purchase stays open, so that it is settled once its days can be given."""
    event = PaymentNotCredited(subject=str(purchase_id), amount=amount, currency=currency)
    if await raise_alert(session, context, event):
        await notify_looked_into(session, context, telegram_id, amount, currency)


async def _notify_success(session: AsyncSession, context: AppContext, settled: Settlement) -> None:
    purchase, change, attempt = settled.purchase, settled.change, settled.attempt
    assert purchase is not None
    if change is None:
        return
    amount, currency = purchase.amount_cents, purchase.currency
    succeeded = PurchaseSucceeded(
        purchase_id=purchase.id,
        product=settled.product,
        module=settled.module,
        module_id=settled.module_id,
        days=change.days,
        amount=amount,
        currency=currency,
        ends_at=change.after,
    )
    await notify(session, purchase.user_id, succeeded)
    if attempt is not None and attempt.message_id is not None:
        paid = LinkPaid(
            message_id=attempt.message_id, product=settled.product, amount=amount, currency=currency
        )
        await notify_chats(session, [attempt.telegram_id], paid)
    if context.settings.payment_news:
        for_admins = AdminPurchaseSucceeded(
            user_id=purchase.user_id,
            purchase_id=purchase.id,
            product=settled.product,
            amount=amount,
            currency=currency,
        )
        await notify_chats(session, context.settings.admin_ids, for_admins)


async def _notify_cancellation(session: AsyncSession, settled: Settlement, reason: str | None) -> None:
    purchase, attempt = settled.purchase, settled.attempt
    assert purchase is not None
    assert attempt is not None
    canceled = PurchaseCanceled(
        purchase_id=purchase.id,
        product=settled.product,
        reason=reason,
        offer_id=attempt.offer_id,
        message_id=attempt.message_id,
        message_chat=attempt.telegram_id,
    )
    await notify(session, purchase.user_id, canceled)


async def park_unknown(
    session: AsyncSession, context: AppContext, payment: ProviderPayment, now: datetime
) -> bool:
    """Money that came in, has not gone back as a whole, and that no purchase bears. Whether it is news."""
    back = payment.refunded >= payment.amount
    if payment.status != "succeeded" or back or await purchase_exists(session, payment.id):
        return False
    new = await park_payment(
        session,
        provider=YOOKASSA,
        payment_id=payment.id,
        amount=payment.amount,
        currency=payment.currency,
        paid_at=payment.captured_at or payment.created_at,
        reason="metadata",
        now=now,
    )
    if new:
        parked = PaymentParked(
            subject=payment.id, amount=payment.amount, currency=payment.currency, reason="metadata"
        )
        await raise_alert(session, context, parked)
    return new


def try_again(offer_id: int | None) -> InlineKeyboardMarkup | None:
    return rows(press(words.TRY_AGAIN, ShowOffer(id=offer_id))) if offer_id else None
