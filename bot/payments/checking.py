"""“I paid, where is it?”: the provider is asked on the spot, and the payer sees what became of the purchase."""

from aiogram.exceptions import TelegramAPIError
from aiogram.methods import EditMessageText, SendMessage

from bot.context import AppContext
from bot.payments import timelines
from bot.payments.asking import ask
from bot.payments.reports import Report
from bot.payments.stars import stars_ledger
from bot.sender import SendLaterError, send_all, send_in_job
from bot.texts.payments.purchases import CheckStage
from db import chats
from db.engine import Pool
from db.jobs import CheckPaymentJob
from db.payments import attempts
from db.payments.attempts import AttemptDetails
from db.payments.methods import PaymentMethod
from db.payments.timeline import get_timeline


async def check_payment(job: CheckPaymentJob, context: AppContext) -> None:
    """Asks, and shows the timeline before and after."""
    async with context.database.transaction(Pool.JOBS) as session:
        attempt = await attempts.get_attempt(session, job.attempt)
    if attempt is None:
        return
    shown = job.message_id
    if shown is None:
        shown = await _show(context, attempt, job.telegram_id, None, CheckStage.ASKING)
    stage = await _check(context, attempt)
    if shown is not None:
        await _show(context, attempt, job.telegram_id, shown, stage)


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


async def _show(
    context: AppContext, attempt: AttemptDetails, telegram_id: int, message_id: int | None, stage: CheckStage
) -> int | None:
    """The message's number; None where it can't be shown. Raises RetryJobError where a new one can be sent later."""
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, telegram = await chats.get_language(session, telegram_id)
        found = await get_timeline(session, attempt.purchase_id, attempt.user_id)
    with context.localizer.use_locale(context.localizer.language(chosen, telegram)):
        text, keyboard = timelines.shown(found, stage, context.now(), context.settings.support_contact)
    if message_id is not None:
        edit = EditMessageText(chat_id=telegram_id, message_id=message_id, text=text, reply_markup=keyboard)
        await send_all(context, [edit])
        return message_id
    sent = await send_in_job(context, SendMessage(chat_id=telegram_id, text=text, reply_markup=keyboard))
    return getattr(sent, "message_id", None)
