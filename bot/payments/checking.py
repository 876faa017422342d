"""“I paid, where is it?”: the provider is asked on the spot, and the payer sees what became of the purchase."""

from aiogram.exceptions import TelegramAPIError
from aiogram.methods import EditMessageText, SendMessage

from bot.context import AppContext
from bot.payments import timelines
from bot.payments.links import ask
from bot.payments.reconciling import Report, stars_ledger
from bot.texts.payments.purchases import CheckStage
from bot.updates.sender import SendLaterError, send_all, send_in_job
from db import chats
from db.engine import Pool
from db.jobs import CheckPaymentJob
from db.payments import purchases
from db.payments.purchases import AttemptDetails
from db.payments.purchases import PaymentMethod as Way
from db.payments.timeline import get_timeline


async def check_payment(job: CheckPaymentJob, context: AppContext) -> None:
    """Asks, and shows the timeline before and after."""
    async with context.database.transaction(Pool.JOBS) as session:
        order = await purchases.get_attempt(session, job.attempt)
    if order is None:
        return
    shown = job.message_id
    if shown is None:
        shown = await _show(context, order, job.telegram_id, None, CheckStage.ASKING)
    stage = await _check(context, order)
    if shown is not None:
        await _show(context, order, job.telegram_id, shown, stage)


async def _check(context: AppContext, order: AttemptDetails) -> CheckStage:
    """Asks whoever knows. Telegram tells of an invoice by itself; Stars stand in its ledger."""
    if order.method is Way.STARS:
        try:
            await stars_ledger(context, Report())
        except (TelegramAPIError, SendLaterError):
            return CheckStage.UNAVAILABLE
        return CheckStage.PUSHED
    if order.payment_id is None:
        return CheckStage.NOTHING if order.method is Way.LINK else CheckStage.PUSHED
    settled = await ask(context, order)
    return CheckStage.UNAVAILABLE if settled is None else CheckStage.ANSWERED


async def _show(
    context: AppContext, order: AttemptDetails, telegram_id: int, message_id: int | None, stage: CheckStage
) -> int | None:
    """The message's number; None where it can't be shown. Raises RunAgain where a new one can be sent later."""
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, telegram = await chats.get_language(session, telegram_id)
        found = await get_timeline(session, order.purchase_id, order.user_id)
    with context.localizer.use_locale(context.localizer.language(chosen, telegram)):
        text, keyboard = timelines.shown(found, stage, context.now(), context.settings.support_contact)
    if message_id is not None:
        edit = EditMessageText(chat_id=telegram_id, message_id=message_id, text=text, reply_markup=keyboard)
        await send_all(context, [edit])
        return message_id
    sent = await send_in_job(context, SendMessage(chat_id=telegram_id, text=text, reply_markup=keyboard))
    return getattr(sent, "message_id", None)
