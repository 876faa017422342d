"""“Check payment”: the provider is asked on the spot, and the payer sees what became of the purchase."""

import asyncio

from aiogram.exceptions import TelegramAPIError
from aiogram.methods import AnswerCallbackQuery, EditMessageText, SendMessage

from bot.context import AppContext
from bot.payments import timelines
from bot.payments.asking import ask
from bot.payments.reports import Report
from bot.payments.screens import get_order, is_shown
from bot.payments.stars import stars_ledger
from bot.sender import SendLaterError, send_all, send_in_job, shown_as_typing
from bot.texts.payments import purchases as words
from bot.texts.payments.purchases import CheckStage
from db import chats
from db.engine import Pool
from db.jobs import CheckPaymentJob
from db.payments import attempts, orders
from db.payments.attempts import AttemptDetails
from db.payments.methods import PaymentMethod
from db.payments.purchases import PurchaseStatus
from db.payments.timeline import get_timeline


async def check_payment(job: CheckPaymentJob, context: AppContext) -> None:
    """Asks, answers the pressed button (only the first answer counts), and shows the timeline; where that is a new
    message, before asking, too. News of a payment that has arrived are written over the order's own message: not
    twice."""
    async with context.database.transaction(Pool.JOBS) as session:
        attempt = await attempts.get_attempt(session, job.attempt)
    if attempt is None:
        return
    shown = job.message_id
    if shown is None:
        shown = await _show(context, attempt, job.telegram_id, None, CheckStage.ASKING)
    checking = asyncio.create_task(_check(context, attempt))
    async with shown_as_typing(context, job.telegram_id):
        await asyncio.wait({checking}, timeout=context.timings.slow_link.total_seconds())
        if not checking.done():
            await _answer(context, job, attempt, CheckStage.ASKING)
        stage = await checking
    attempt = await _read_again(context, attempt)
    await _answer(context, job, attempt, stage)
    told = attempt.status == PurchaseStatus.SUCCEEDED and attempt.message_id == shown
    if shown is None or told:
        return
    await _show(context, attempt, job.telegram_id, shown, stage)
    again = await _read_again(context, attempt)
    if again.status != attempt.status:  # settled meanwhile, and its news written over
        await _show(context, again, job.telegram_id, shown, stage)


async def _read_again(context: AppContext, attempt: AttemptDetails) -> AttemptDetails:
    async with context.database.transaction(Pool.JOBS) as session:
        return await attempts.get_attempt(session, attempt.id) or attempt


async def _check(context: AppContext, attempt: AttemptDetails) -> CheckStage:
    """Asks whoever knows. Telegram tells of an invoice by itself; Stars stand in its ledger."""
    if attempt.method is PaymentMethod.STARS:
        try:
            await stars_ledger(context, Report())
        except (TelegramAPIError, SendLaterError):
            return CheckStage.UNAVAILABLE
        return CheckStage.PUSHED
    if attempt.payment_id is None:
        return CheckStage.NOTHING if attempt.method is PaymentMethod.LINK else CheckStage.PUSHED
    settlement = await ask(context, attempt)
    return CheckStage.UNAVAILABLE if settlement is None else CheckStage.ANSWERED


async def _answer(
    context: AppContext, job: CheckPaymentJob, attempt: AttemptDetails, stage: CheckStage
) -> None:
    if job.query_id is None:
        return
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, telegram = await chats.get_language(session, job.telegram_id)
    with context.localizer.use_language_of(chosen, telegram):
        text = words.heard(attempt.status, stage)
    await send_all(context, [AnswerCallbackQuery(callback_query_id=job.query_id, text=text)])


async def _show(
    context: AppContext, attempt: AttemptDetails, telegram_id: int, message_id: int | None, stage: CheckStage
) -> int | None:
    """The message's number; None where it can't be shown. Raises RetryJobError: what it says is read anew then."""
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, telegram = await chats.get_language(session, telegram_id)
        found = await get_timeline(session, attempt.purchase_id, attempt.user_id)
        order = await get_order(session, context, attempt) if is_shown(attempt) else None
    with context.localizer.use_language_of(chosen, telegram):
        text, keyboard = timelines.shown(found, stage, context.now(), context.settings.support_contact, order)
    if message_id is not None:
        edit = EditMessageText(chat_id=telegram_id, message_id=message_id, text=text, reply_markup=keyboard)
        await send_in_job(context, edit)
        return message_id
    sent = await send_in_job(context, SendMessage(chat_id=telegram_id, text=text, reply_markup=keyboard))
    message_id = getattr(sent, "message_id", None)
    if message_id is not None:
        async with context.database.transaction(Pool.JOBS) as session:
            await orders.record_message(session, attempt.id, None, message_id)
    return message_id
