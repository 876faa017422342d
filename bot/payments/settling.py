"""From a payment that was fetched, or that Telegram tells of, to the database and to the events that follow.

provider's answer → PaymentSnapshot → Settlement → events; TelegramCharge → Settlement → events.
"""

from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot import metrics
from bot.context import AppContext
from bot.notifications import alert_events
from bot.notifications.events import LinkExpired, PurchaseCanceled, PurchaseSucceeded
from bot.notifications.notify import notify, notify_chats, notify_looked_into, raise_alert
from bot.notifications.paid import next_lesson_facts
from bot.notifications.payer_events import AdminPurchaseSucceeded, SecondCharge
from bot.payments.alarms import close_unknown, keep_unknown
from bot.payments.offering import list_other_ways
from bot.yookassa.answers import ProviderPayment
from db.accounts.people import get_account_summary
from db.alerts import close_payment_alerts
from db.payments.methods import YOOKASSA
from db.payments.orders import is_silent
from db.payments.parked import park_payment
from db.payments.purchases import purchase_exists
from db.payments.sales import Sale
from db.payments.settling import Outcome, PaymentSnapshot, Settlement, settle
from db.payments.telegram import TelegramCharge

log = structlog.get_logger(__name__)
# What the provider says of a payment that has not ended. Anything else (a status of tomorrow, succeeded but not paid)
# says nothing.
STILL_OPEN = {"pending", "waiting_for_capture"}


def to_snapshot(payment: ProviderPayment, now: datetime) -> PaymentSnapshot:
    """A payment that does not say when is dated as of `now`."""
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
        at=payment.captured_at or payment.created_at or now,
        receipt=payment.id if payment.receipt_registration == "succeeded" else None,
        cancellation=payment.cancellation,
    )


async def settle_payment(
    session: AsyncSession, context: AppContext, payment: ProviderPayment, now: datetime
) -> Settlement:
    """The one way of a fetched payment, whoever has fetched it."""
    settlement = await settle(session, to_snapshot(payment, now), now)
    metrics.count_settlement(session, YOOKASSA, settlement.outcome)
    if settlement.sale is None:
        log.warning("payment_unknown", payment_id=settlement.payment_id)
    elif settlement.outcome is Outcome.OPEN and settlement.reason not in STILL_OPEN:
        subject, reason = str(settlement.sale.purchase.id), f"status {settlement.reason}"
        await keep_unknown(session, context, alert_events.PaymentUnknown(subject=subject, reason=reason))
    else:
        await close_unknown(session, context, alert_events.PaymentUnknown, settlement.sale.purchase.id)
        await _notify_settlement(session, context, settlement, settlement.sale, now)
    return settlement


async def notify_charge(
    session: AsyncSession, context: AppContext, charge: TelegramCharge | None, settlement: Settlement
) -> None:
    """`charge` is what came in just now; None where an admin has assigned what came before."""
    metrics.count_settlement(session, "telegram", settlement.outcome)
    if settlement.sale is not None:
        await _notify_settlement(session, context, settlement, settlement.sale, context.now())
    elif settlement.outcome is Outcome.PARKED and charge is not None:
        parked = alert_events.PaymentParked(
            subject=charge.payment_id,
            amount=charge.amount,
            currency=charge.currency,
            reason=settlement.reason,
            telegram_id=charge.telegram_id,
        )
        await raise_alert(session, context, parked)
        await notify_looked_into(session, context, charge.telegram_id, charge.amount, charge.currency)
    else:
        log.info("charge_repeated", payment_id=settlement.payment_id)


async def _notify_settlement(
    session: AsyncSession, context: AppContext, settlement: Settlement, sale: Sale, now: datetime
) -> None:
    purchase = sale.purchase
    match settlement.outcome:
        case Outcome.SUCCEEDED | Outcome.CREDITED | Outcome.SECOND:
            await _notify_paid(session, context, settlement, sale)
            await close_payment_alerts(session, purchase.id, settlement.payment_id, now)
        case Outcome.CANCELED:
            await _notify_canceled(session, context, sale, settlement.reason)
            await close_payment_alerts(session, purchase.id, settlement.payment_id, now)
        case Outcome.OPEN if settlement.reason == "waiting_for_capture":
            await raise_alert(session, context, alert_events.PaymentHeld(subject=str(purchase.id)))
        case Outcome.NOT_CREDITED:
            payer, amount, currency = sale.attempt.telegram_id, purchase.amount_cents, purchase.currency
            await notify_not_credited(session, context, purchase.id, payer, amount, currency)
        case Outcome.PARKED:
            parked = alert_events.PaymentParked(
                subject=settlement.payment_id,
                amount=purchase.amount_cents,
                currency=purchase.currency,
                reason=settlement.reason,
            )
            await raise_alert(session, context, parked)
        case Outcome.MISMATCH:
            mismatch = alert_events.PaymentMismatch(
                subject=settlement.payment_id, purchase_id=purchase.id, differs=settlement.reason
            )
            await raise_alert(session, context, mismatch)


async def notify_not_credited(
    session: AsyncSession, context: AppContext, purchase_id: int, telegram_id: int, amount: int, currency: str
) -> None:
    """The purchase stays open, so that it is settled once its days can be given."""
    event = alert_events.PaymentNotCredited(subject=str(purchase_id), amount=amount, currency=currency)
    if await raise_alert(session, context, event):
        await notify_looked_into(session, context, telegram_id, amount, currency)


async def _notify_paid(
    session: AsyncSession, context: AppContext, settlement: Settlement, sale: Sale
) -> None:
    """The learner and the admins. Nobody where all of it had been returned already."""
    purchase, attempt, change = sale.purchase, sale.attempt, settlement.change
    if change is None:
        return
    amount, currency = purchase.amount_cents, purchase.currency
    succeeded = PurchaseSucceeded(
        purchase_id=purchase.id,
        product=sale.product,
        module=sale.module,
        module_id=sale.module_id,
        days=change.days,
        amount=amount,
        currency=currency,
        ends_at=change.after,
        message_id=attempt.message_id,
        message_chat=attempt.telegram_id,
        **await next_lesson_facts(session, purchase.user_id, sale.module_id, context.now()),
    )
    await notify(session, purchase.user_id, succeeded)
    second = settlement.outcome is Outcome.SECOND
    if second or context.settings.payment_news:
        kind = SecondCharge if second else AdminPurchaseSucceeded
        for_admins = kind(
            purchase_id=purchase.id,
            user_id=purchase.user_id,
            product=sale.product,
            amount=amount,
            currency=currency,
            **await payer_facts(session, purchase.user_id),
        )
        await notify_chats(session, context.settings.admin_ids, for_admins)


async def payer_facts(session: AsyncSession, user_id: int) -> dict[str, str | None]:
    """Who an account is, as news for admins says it."""
    who = await get_account_summary(session, user_id)
    return {"payer": who.name, "email": who.email, "username": who.username}


async def _notify_canceled(session: AsyncSession, context: AppContext, sale: Sale, reason: str) -> None:
    """News for who has tried; a link that nobody has used runs out in its own message."""
    purchase, attempt = sale.purchase, sale.attempt
    if is_silent(attempt, reason):
        if attempt.message_id is not None:
            await notify_chats(session, [attempt.telegram_id], _expired(sale))
        return
    ways = await list_other_ways(session, context.settings, attempt, purchase.product_id, purchase.days)
    canceled = PurchaseCanceled(
        purchase_id=purchase.id,
        product=sale.product,
        reason=reason,
        offer_id=attempt.offer_id,
        message_id=attempt.message_id,
        message_chat=attempt.telegram_id,
        ways=tuple(ways),
    )
    await notify(session, purchase.user_id, canceled)


def _expired(sale: Sale) -> LinkExpired:
    purchase, attempt = sale.purchase, sale.attempt
    return LinkExpired(
        purchase_id=purchase.id,
        message_id=attempt.message_id,
        message_chat=attempt.telegram_id,
        product=sale.product,
        days=purchase.days,
        amount=purchase.amount_cents,
        currency=purchase.currency,
        offer_id=attempt.offer_id,
    )


async def park_unknown(
    session: AsyncSession, context: AppContext, payment: ProviderPayment, now: datetime
) -> bool:
    """Money that came in, has not gone back as a whole, and that no purchase has. Whether it is new."""
    returned = payment.refunded >= payment.amount
    if payment.status != "succeeded" or returned or await purchase_exists(session, payment.id):
        return False
    new = await park_payment(
        session,
        provider=YOOKASSA,
        payment_id=payment.id,
        amount=payment.amount,
        currency=payment.currency,
        paid_at=payment.captured_at or payment.created_at or now,
        reason="metadata",
        now=now,
    )
    if new:
        parked = alert_events.PaymentParked(
            subject=payment.id, amount=payment.amount, currency=payment.currency, reason="metadata"
        )
        await raise_alert(session, context, parked)
    return new
