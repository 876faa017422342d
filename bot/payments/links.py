"""Payments by link: created at the provider with no connection held, then shown to the payer."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from aiogram.methods import EditMessageText, SendMessage
from aiogram.types import InlineKeyboardMarkup

from bot.chat.buttons import CheckPayment
from bot.chat.keyboards import open_url, press, rows
from bot.context import AppContext
from bot.notifications.alert_events import PaymentUnknown
from bot.notifications.events import ProviderRefused
from bot.notifications.notify import notify_chats, raise_alert
from bot.payments.alarms import YOOKASSA_PAYMENTS, close_unknown, keep_unread, record_unknown
from bot.payments.provider import KEY_LIFETIME, get_provider, retry_job
from bot.payments.settling import settle_payment, try_again
from bot.raw_json import Unreadable
from bot.retry import RetryJobError
from bot.sender import Method, send_in_job
from bot.texts.payments import links as words
from bot.texts.payments import purchases as purchase_words
from bot.yookassa.answers import ProviderPayment, ProviderRefusedError, ProviderUnknownError
from bot.yookassa.client import YooKassa
from db import chats
from db.engine import Pool
from db.jobs import AskPaymentJob, CreatePaymentJob
from db.payments import attempts
from db.payments.attempts import AttemptDetails
from db.payments.purchases import PurchaseStatus
from db.payments.settling import Outcome
from db.queue import enqueue

log = structlog.get_logger(__name__)


async def create_payment(job: CreatePaymentJob, context: AppContext) -> None:
    """Sends the frozen request under its key until an answer is known; then the waiting message becomes the link."""
    now = context.now()
    async with context.database.transaction(Pool.JOBS) as session:
        attempt = await attempts.get_attempt(session, job.attempt)
        if attempt is None or attempt.closed_at is not None or attempt.status != PurchaseStatus.PENDING:
            return
        await attempts.mark_sent(session, attempt.id, now)
    if attempt.link is not None:
        await _say(context, attempt, words.pay_here, link_keyboard)
        return
    if attempt.sent_at is None:
        await _say(context, attempt, words.preparing)
    payment = await _create(context, attempt, now)
    if payment is not None:
        await _record_answer(context, attempt, payment)


async def _create(context: AppContext, attempt: AttemptDetails, now: datetime) -> ProviderPayment | None:
    """None where the provider refused, which ends the attempt. Raises RetryJobError while the outcome is unknown."""
    provider = get_provider(context)
    try:
        if attempt.sent_at is not None and now - attempt.sent_at >= KEY_LIFETIME:
            return await _look_up(context, provider, attempt)
        return await provider.create_payment(attempt.request, attempt.key)
    except ProviderRefusedError as error:
        await _record_refusal(context, attempt, error)
        return None
    except ProviderUnknownError as error:
        log.warning("payment_outcome_unknown", purchase_id=attempt.purchase_id, reason=error.reason)
        await record_unknown(context, PaymentUnknown(subject=str(attempt.purchase_id), reason=error.reason))
        raise retry_job(error) from error


async def _look_up(
    context: AppContext, provider: YooKassa, attempt: AttemptDetails
) -> ProviderPayment | None:
    """A key this old would be a new operation: the payment is looked for, and the attempt ends without one."""
    since = (attempt.sent_at or attempt.created_at) - timedelta(minutes=5)
    async for payment in provider.payments(created_from=since, created_to=since + timedelta(hours=25)):
        if isinstance(payment, Unreadable):
            await keep_unread(context, YOOKASSA_PAYMENTS, payment)
            if attempt.key in payment.raw:
                raise ProviderUnknownError("the payment is there, but can't be read")
        elif payment.metadata.get("key") == attempt.key:
            return payment
    async with context.database.transaction(Pool.JOBS) as session:
        closed = await attempts.record_refusal(session, attempt, "never created", context.now())
        await close_unknown(session, context, PaymentUnknown, attempt.purchase_id)
    if closed:
        await _say(context, attempt, words.never_created, lambda attempt: try_again(attempt.offer_id))
    return None


async def _record_answer(context: AppContext, attempt: AttemptDetails, payment: ProviderPayment) -> None:
    now = context.now()
    first = context.timings.ask_after(0)
    async with context.database.transaction(Pool.JOBS) as session:
        await attempts.record_answer(
            session,
            attempt,
            payment_id=payment.id,
            link=payment.link,
            link_ends_at=(payment.created_at or now) + context.timings.link_lives,
            test=payment.test,
            recipient=payment.recipient,
            next_ask_at=now + first,
            now=now,
        )
        await enqueue(session, AskPaymentJob(attempt=attempt.id), after=first)
        settlement = await settle_payment(session, context, payment, now)
        attempt = await attempts.get_attempt(session, attempt.id) or attempt
    if settlement.outcome is not Outcome.OPEN:
        return
    if attempt.link is None:
        await _alarm_no_link(context, attempt)
        raise RetryJobError("the answer has no address to pay at")
    await _say(context, attempt, words.pay_here, link_keyboard)


async def _alarm_no_link(context: AppContext, attempt: AttemptDetails) -> None:
    """The same request is sent again: the provider's answer to its key may have one by then."""
    alarm = PaymentUnknown(subject=str(attempt.purchase_id), reason="its answer has no address to pay at")
    async with context.database.transaction(Pool.JOBS) as session:
        await raise_alert(session, context, alarm)


async def _record_refusal(context: AppContext, attempt: AttemptDetails, error: ProviderRefusedError) -> None:
    log.error("payment_refused", purchase_id=attempt.purchase_id, code=error.code, about=error.description)
    async with context.database.transaction(Pool.JOBS) as session:
        await close_unknown(session, context, PaymentUnknown, attempt.purchase_id)
        if not await attempts.record_refusal(session, attempt, error.code, context.now()):
            return
        await notify_chats(
            session,
            context.settings.admin_ids,
            ProviderRefused(
                purchase_id=attempt.purchase_id,
                code=error.code,
                about=error.description,
                parameter=error.parameter,
            ),
        )
    await _say(context, attempt, words.refused, lambda attempt: try_again(attempt.offer_id))


def link_keyboard(attempt: AttemptDetails) -> InlineKeyboardMarkup | None:
    if attempt.link is None:
        return None
    return rows(
        open_url(words.pay_button(attempt.amount, attempt.currency), attempt.link),
        press(purchase_words.WHERE, CheckPayment(purchase=attempt.purchase_id)),
    )


async def _say(context: AppContext, attempt: AttemptDetails, text: Any, keyboard: Any = None) -> None:
    """In place of the message whose button was pressed, where there is one. Raises RetryJobError."""
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, telegram = await chats.get_language(session, attempt.telegram_id)
    with context.localizer.use_locale(context.localizer.language(chosen, telegram)):
        markup = keyboard(attempt) if keyboard else None
        method = _message(attempt, text(attempt), markup)
    await send_in_job(context, method)


def _message(attempt: AttemptDetails, text: str, markup: InlineKeyboardMarkup | None) -> Method:
    chat_id, message_id = attempt.telegram_id, attempt.message_id
    if message_id is None:
        return SendMessage(chat_id=chat_id, text=text, reply_markup=markup)
    return EditMessageText(chat_id=chat_id, message_id=message_id, text=text, reply_markup=markup)
