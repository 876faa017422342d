"""From what the provider says of refunds to the database and to the events that follow."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.notifications.alert_events import PaymentParked, RefundFailed, RefundMismatch
from bot.notifications.events import RefundDone
from bot.notifications.notify import notify, notify_chats, raise_alert
from bot.notifications.payer_events import AdminRefundDone
from bot.payments.alarms import MAX_UNKNOWN
from bot.payments.settling import payer_facts
from bot.yookassa.answers import ProviderRefund
from db import alerts, certificates
from db.payments import parked
from db.payments.methods import STARS, XTR
from db.payments.purchases import lock_purchase_of
from db.refunds import booking
from db.refunds.booking import BookedRefund, ReturnedMoney
from db.refunds.requests import RefundStatus, RefundTask
from db.tables import Purchase

UNEXPLAINED = "general_decline"  # the provider's own code where the bank gives no reason


async def book(
    session: AsyncSession,
    context: AppContext,
    purchase: Purchase,
    answers: Iterable[ProviderRefund],
    now: datetime,
) -> None:
    """What the provider says of refunds of one payment, each once; `purchase` is locked."""
    for answer in answers:
        if not await differs(session, context, purchase, answer.payment_id, to_money(answer), now):
            await book_agreed(session, context, purchase, answer, now)


async def book_agreed(
    session: AsyncSession, context: AppContext, purchase: Purchase, answer: ProviderRefund, now: datetime
) -> None:
    """One that does not differ from what is known of it."""
    match answer.status:
        case RefundStatus.SUCCEEDED:
            await _book_money(session, context, purchase, to_money(answer), now)
        case RefundStatus.CANCELED:
            refund = await booking.get_by_provider_id(session, purchase.provider, answer.id)
            if refund is not None:
                await fail(session, context, refund, answer.cancellation or UNEXPLAINED, now)


def to_money(answer: ProviderRefund) -> ReturnedMoney:
    return ReturnedMoney(answer.id, answer.amount, answer.currency, answer.description)


async def differs(
    session: AsyncSession,
    context: AppContext,
    purchase: Purchase,
    payment_id: str,
    returned: ReturnedMoney,
    now: datetime,
    asked: RefundTask | None = None,
) -> bool:
    """Whether it is not a refund of this purchase, or not the one that was `asked` for: an alarm, and nothing else
    changes."""
    difference = await booking.find_difference(session, purchase, payment_id, returned, asked)
    subject = returned.provider_refund_id
    if not difference:
        await alerts.close_alert(session, RefundMismatch.name, subject, now)
    elif await alerts.count_open(session, RefundMismatch.name) < MAX_UNKNOWN:
        mismatch = RefundMismatch(subject=subject, purchase_id=purchase.id, differs=difference)
        await raise_alert(session, context, mismatch)
    return bool(difference)


async def _book_money(
    session: AsyncSession, context: AppContext, purchase: Purchase, returned: ReturnedMoney, now: datetime
) -> bool:
    """Whether the database did not hold it yet."""
    done = await booking.book_refund(session, purchase, returned, now)
    if done is not None:
        await _notify_done(session, context, done, now)
    return done is not None


async def fail(
    session: AsyncSession, context: AppContext, refund: RefundTask, code: str, now: datetime, about: str = ""
) -> None:
    """The money stays here and the days with the learner: an alarm, until the money is back."""
    error = f"{code} {about}".strip()
    if not await booking.close_refund(session, refund.id, RefundStatus.CANCELED, error, now):
        return
    failed = RefundFailed(
        subject=str(refund.id),
        purchase_id=refund.purchase_id,
        amount=refund.amount,
        currency=refund.currency,
        code=code,
        about=about,
    )
    await raise_alert(session, context, failed)


async def _notify_done(session: AsyncSession, context: AppContext, done: BookedRefund, now: datetime) -> None:
    purchase, balance = done.purchase, done.balance
    is_whole = balance.refunded >= balance.amount
    returned = None if is_whole else done.refund.amount
    await alerts.close_refund_alerts(session, RefundFailed.name, purchase.id, returned, now)
    days = -done.change.days if done.change else 0
    refunded = RefundDone(
        purchase_id=purchase.id,
        module_id=purchase.module_id,
        product=purchase.product,
        module=purchase.module,
        amount=done.refund.amount,
        currency=purchase.currency,
        days=days,
        void=", ".join(await certificates.list_void(session, purchase.user_id, purchase.module_id))
        if is_whole
        else "",
    )
    await notify(session, purchase.user_id, refunded)
    for_admins = AdminRefundDone(
        purchase_id=purchase.id,
        user_id=purchase.user_id,
        product=purchase.product,
        amount=done.refund.amount,
        currency=purchase.currency,
        days=days,
        asked=done.refund.asked_by is not None,
        **await payer_facts(session, purchase.user_id),
    )
    await notify_chats(session, _admins(context, done.refund), for_admins)


def _admins(context: AppContext, refund: RefundTask) -> Iterable[int]:
    """Who asked for it hears of it, whether or not the admins want news of payments."""
    if context.settings.payment_news:
        return context.settings.admin_ids
    return () if refund.asked_by is None else (refund.asked_by,)


async def book_stars_refund(
    session: AsyncSession, context: AppContext, charge_id: str, amount: int, now: datetime
) -> bool:
    """Stars went back to their payer, by us or by Telegram itself. Whether the database did not hold it yet.

    One that comes before its payment is kept, and booked when that is there.
    """
    purchase = await lock_purchase_of(session, STARS, charge_id)
    if purchase is None:
        await _record_early_return(session, charge_id, amount, now)
        return False
    returned = ReturnedMoney(charge_id, amount, XTR)
    if await differs(session, context, purchase, charge_id, returned, now):
        return False
    return await _book_money(session, context, purchase, returned, now)


async def _record_early_return(session: AsyncSession, charge_id: str, amount: int, now: datetime) -> None:
    await booking.record_early_return(session, charge_id, amount, now)
    if await close_refunded_unmatched(session, STARS, charge_id, now):
        kept = await booking.get_by_provider_id(session, STARS, charge_id)
        if kept is not None:
            await booking.close_refund(session, kept.id, RefundStatus.SUCCEEDED, None, now)


async def close_refunded_unmatched(
    session: AsyncSession, provider: str, payment_id: str, now: datetime
) -> bool:
    """A parked payment whose money is back needs nobody's attention any more. Whether there was one."""
    if not await parked.close_refunded(session, provider, payment_id, now):
        return False
    await alerts.close_alert(session, PaymentParked.name, payment_id, now)
    return True
