"""Payments by link: the provider is called here and nowhere else, with no connection held."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiogram.methods import EditMessageText, SendMessage
from aiogram.types import InlineKeyboardMarkup
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import CheckPayment
from bot.chat.keyboards import open_url, press, rows
from bot.context import AppContext
from bot.notifications.events import ProviderRefused
from bot.notifications.notify import notify_chats
from bot.payments.invoices import notify_charge
from bot.payments.provider import KEY_LIFETIME, get_provider, retry_job
from bot.payments.refund_requests import settle_refunds
from bot.payments.settling import notify_not_credited, park_unknown, settle_payment, try_again
from bot.retry import RetryJobError
from bot.texts.payments import links as words
from bot.texts.payments import purchases as purchase_words
from bot.updates.sender import send_in_job
from bot.yookassa.answers import ProviderPayment, ProviderRefusedError, ProviderUnknownError
from bot.yookassa.client import YooKassa
from db import chats
from db.engine import Pool
from db.errors import Refused
from db.jobs import AskPaymentJob, CreatePaymentJob, SettleAssignedJob, VerifyCallbackJob
from db.payments import callbacks, purchases
from db.payments.purchases import AttemptDetails
from db.payments.settling import Outcome, Settlement
from db.payments.telegram import settle_assigned_charge
from db.queue import enqueue

log = structlog.get_logger(__name__)


async def create_payment(job: CreatePaymentJob, context: AppContext) -> None:
    """Sends the frozen request under its key until an answer is known; then the waiting message becomes the link."""
    now = context.now()
    async with context.database.transaction(Pool.JOBS) as session:
        order = await purchases.get_attempt(session, job.attempt)
        if order is None or order.closed_at is not None or order.status != purchases.PurchaseStatus.PENDING:
            return
        await purchases.mark_sent(session, order.attempt_id, now)
    if order.link is not None:
        await say(context, order, words.pay_here, link_keyboard)
        return
    if order.sent_at is None:
        await say(context, order, words.preparing)
    payment = await _create(context, order, now)
    if payment is not None:
        await _created(context, order, payment)


async def _create(context: AppContext, order: AttemptDetails, now: datetime) -> ProviderPayment | None:
    """None where the provider refused, which ends the attempt. Raises RunAgain while the outcome is unknown."""
    provider = get_provider(context)
    try:
        if order.sent_at is not None and now - order.sent_at >= KEY_LIFETIME:
            return await _look_up(context, provider, order)
        return await provider.create_payment(order.request, order.key)
    except ProviderRefusedError as error:
        await _refused(context, order, error)
        return None
    except ProviderUnknownError as error:
        log.warning("payment_outcome_unknown", purchase_id=order.purchase_id, reason=error.reason)
        raise retry_job(error) from error


async def _look_up(context: AppContext, provider: YooKassa, order: AttemptDetails) -> ProviderPayment | None:
    """A key this old would be a new operation: the payment is looked for, and the attempt ends without one."""
    since = (order.sent_at or order.created_at) - timedelta(minutes=5)
    async for payment in provider.payments(created_from=since, created_to=since + timedelta(hours=25)):
        if payment.metadata.get("key") == order.key:
            return payment
    async with context.database.transaction(Pool.JOBS) as session:
        closed = await purchases.record_refusal(session, order, "never created", context.now())
    if closed:
        await say(context, order, words.never_created, lambda order: try_again(order.offer_id))
    return None


async def _created(context: AppContext, order: AttemptDetails, payment: ProviderPayment) -> None:
    now = context.now()
    first = context.timings.ask_after(0)
    async with context.database.transaction(Pool.JOBS) as session:
        await purchases.record_answer(
            session,
            order,
            payment_id=payment.id,
            link=payment.link,
            link_ends_at=payment.created_at + context.timings.link_lives,
            test=payment.test,
            recipient=payment.recipient,
            next_ask_at=now + first,
            now=now,
        )
        await enqueue(session, AskPaymentJob(attempt=order.attempt_id), after=first)
        settled = await settle_payment(session, context, payment, now)
        order = await purchases.get_attempt(session, order.attempt_id) or order
    if settled.outcome is Outcome.OPEN and order.link:
        await say(context, order, words.pay_here, link_keyboard)


async def _refused(context: AppContext, order: AttemptDetails, error: ProviderRefusedError) -> None:
    log.error("payment_refused", purchase_id=order.purchase_id, code=error.code, about=error.description)
    async with context.database.transaction(Pool.JOBS) as session:
        if not await purchases.record_refusal(session, order, error.code, context.now()):
            return
        await notify_chats(
            session,
            context.settings.admin_ids,
            ProviderRefused(
                purchase_id=order.purchase_id,
                code=error.code,
                about=error.description,
                parameter=error.parameter,
            ),
        )
    await say(context, order, words.refused, lambda order: try_again(order.offer_id))


def link_keyboard(order: AttemptDetails) -> InlineKeyboardMarkup | None:
    if order.link is None:
        return None
    return rows(
        open_url(words.pay_button(order.amount, order.currency), order.link),
        press(purchase_words.WHERE, CheckPayment(purchase=order.purchase_id)),
    )


async def say(context: AppContext, order: AttemptDetails, text: Any, keyboard: Any = None) -> None:
    """In place of the message whose button was pressed, where there is one."""
    if order.message_id is None:
        await send_new(context, order, lambda: text(order), keyboard)
        return
    async with _spoken_to(context, order):
        method = EditMessageText(
            chat_id=order.telegram_id,
            message_id=order.message_id,
            text=text(order),
            reply_markup=keyboard(order) if keyboard else None,
        )
    await send_in_job(context, method)


async def send_new(context: AppContext, order: AttemptDetails, text: Any, keyboard: Any = None) -> None:
    async with _spoken_to(context, order):
        method = SendMessage(
            chat_id=order.telegram_id, text=text(), reply_markup=keyboard(order) if keyboard else None
        )
    await send_in_job(context, method)


@asynccontextmanager
async def _spoken_to(context: AppContext, order: AttemptDetails) -> AsyncIterator[None]:
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, telegram = await chats.get_language(session, order.telegram_id)
    with context.localizer.use_locale(context.localizer.language(chosen, telegram)):
        yield


async def ask_payment(job: AskPaymentJob, context: AppContext) -> None:
    """Asks the provider for an open payment, and arranges the next time while its link can be paid.

    A job that is not due has been overtaken by another one: there is one chain of questions per attempt.
    """
    async with context.database.transaction(Pool.JOBS) as session:
        order = await purchases.get_attempt(session, job.attempt)
    if order is None or order.status != purchases.PurchaseStatus.PENDING:
        return
    if _is_due(order, context):
        await ask(context, order)


def _is_due(order: AttemptDetails, context: AppContext) -> bool:
    return order.next_ask_at is None or order.next_ask_at <= context.now() + timedelta(seconds=1)


async def ask(context: AppContext, order: AttemptDetails) -> Settlement | None:
    """None where the provider did not say, or has not been told of the payment yet.

    Asked out of turn (the payer wants to know), it leaves the chain of questions as it is.
    """
    if order.payment_id is None:
        return None
    try:
        payment = await get_provider(context).payment(order.payment_id)
    except (ProviderUnknownError, ProviderRefusedError) as error:
        log.warning("payment_not_asked", purchase_id=order.purchase_id, reason=str(error))
        payment = None
    settled = None
    async with context.database.transaction(Pool.JOBS) as session:
        if payment is not None:
            settled = await settle_payment(session, context, payment, context.now())
        still = settled is None or settled.outcome in (Outcome.OPEN, Outcome.MISMATCH, Outcome.NOT_CREDITED)
        if still and _is_due(order, context):
            await _ask_again(session, context, order)
        elif still:
            await purchases.record_manual_check(session, order.attempt_id, context.now())
    return settled


async def _ask_again(session: AsyncSession, context: AppContext, order: AttemptDetails) -> None:
    """With growing intervals while the link lives, then hourly until the provider says an end (reconciliation)."""
    now = context.now()
    alive = order.link_ends_at is None or now < order.link_ends_at + timedelta(minutes=5)
    pause = context.timings.ask_after(order.asked + 1) if alive else context.timings.link_lives
    await purchases.record_check(session, order.attempt_id, now, now + pause)
    await enqueue(session, AskPaymentJob(attempt=order.attempt_id), after=pause)


async def verify_callback(job: VerifyCallbackJob, context: AppContext) -> None:
    """A callback is a hint: what counts is the payment fetched with our own key."""
    async with context.database.transaction(Pool.JOBS) as session:
        callback = await callbacks.get_unhandled(session, job.id)
    if callback is None:
        return
    try:
        if callback.event.startswith("refund."):
            await settle_refunds(context, callback.payment_id)
        payment = await get_provider(context).payment(callback.payment_id)
    except ProviderUnknownError as error:
        raise retry_job(error) from error
    except ProviderRefusedError as error:
        if error.status in (401, 403):
            raise RetryJobError(f"{error.status} {error.code}") from error
        await _handled(context, callback.id, f"refused: {error.code}")
        return
    now = context.now()
    async with context.database.transaction(Pool.MONEY) as session:
        settled = await settle_payment(session, context, payment, now)
        if settled.outcome is not Outcome.UNKNOWN:
            await callbacks.mark_handled(session, callback.id, settled.outcome.value, now)
        elif now - callback.received_at >= context.timings.unknown_waits:
            await park_unknown(session, context, payment, now)
            await callbacks.mark_handled(session, callback.id, settled.outcome.value, now)
    if settled.outcome is Outcome.UNKNOWN and now - callback.received_at < context.timings.unknown_waits:
        # Its own answer, or Telegram's word on the same payment, may still be on the way.
        raise RetryJobError("no purchase bears this payment yet", context.timings.unknown_waits)


async def _handled(context: AppContext, callback_id: int, outcome: str) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        await callbacks.mark_handled(session, callback_id, outcome, context.now())


async def settle_assigned(job: SettleAssignedJob, context: AppContext) -> None:
    """A parked payment an admin has assigned. Stars: Telegram's own word was the proof when it was parked."""
    async with context.database.transaction(Pool.MONEY) as session:
        order = await purchases.get_attempt(session, job.attempt)
    if order is None or order.status != purchases.PurchaseStatus.PENDING:
        return
    if order.payment_id is not None and order.method is not purchases.PaymentMethod.STARS:
        payment = await get_provider(context).payment(order.payment_id)
        async with context.database.transaction(Pool.MONEY) as session:
            await settle_payment(session, context, payment, context.now())
        return
    try:
        async with context.database.transaction(Pool.MONEY) as session:
            received = await settle_assigned_charge(session, order.attempt_id, context.now())
            await notify_charge(session, context, None, received)
    except Refused as refused:
        async with context.database.transaction(Pool.MONEY) as session:
            money = order.amount, order.currency
            await notify_not_credited(session, context, order.purchase_id, order.telegram_id, *money)
        raise RetryJobError(repr(refused), context.timings.link_lives) from refused
