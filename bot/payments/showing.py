"""An order's screen in its payer's chat: sent, and rewritten as the order goes on."""

from aiogram.methods import DeleteMessage, EditMessageText, SendMessage
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.replies import Redraw
from bot.context import AppContext
from bot.notifications.paid import find_paid_news
from bot.notifications.registry import word
from bot.payments import timelines
from bot.payments.screens import Screen, get_order, is_shown, screen
from bot.sender import send_all, send_in_job
from bot.texts.payments.purchases import CheckStage
from db import chats
from db.engine import Pool
from db.payments import attempts, orders
from db.payments.attempts import AttemptDetails
from db.payments.purchases import PurchaseStatus
from db.payments.timeline import get_timeline


async def show_order(context: AppContext, attempt_id: int) -> None:
    """In the message that shows the order, or, where there is none yet, as a new one. Nothing where its payer has gone
    on to something else. Raises RetryJobError."""
    async with context.database.transaction(Pool.JOBS) as session:
        attempt = await attempts.get_attempt(session, attempt_id)
        if attempt is None or not is_shown(attempt):
            return
        order = await get_order(session, context, attempt)
        chosen, telegram = await chats.get_language(session, attempt.telegram_id)
    with context.localizer.use_language_of(chosen, telegram):
        shown = screen(order, context.now())
    await write(context, attempt, shown, said=PurchaseStatus.PENDING)


async def write(context: AppContext, attempt: AttemptDetails, shown: Screen, *, said: PurchaseStatus) -> None:
    """Puts it where the order is shown. A message that was sent goes again where it is not the one that shows it: two
    jobs at once have sent one each, or its payer has gone on. Raises RetryJobError.

    `said`: the purchase's status, as the screen has it. What is so otherwise by the time it arrives may have been
    written over by it, and is written there again: the news of a payment, or another order that its payer went on to
    in that message.
    """
    text, markup = shown
    chat_id, before = attempt.telegram_id, attempt.message_id
    method = (
        SendMessage(chat_id=chat_id, text=text, reply_markup=markup)
        if before is None
        else EditMessageText(chat_id=chat_id, message_id=before, text=text, reply_markup=markup)
    )
    sent = await send_in_job(context, method)
    message_id = getattr(sent, "message_id", None)
    if message_id is not None and message_id != before:
        async with context.database.transaction(Pool.JOBS) as session:
            recorded = await orders.record_message(session, attempt.id, before, message_id)
        if not recorded:
            await send_all(context, [DeleteMessage(chat_id=chat_id, message_id=message_id)])
    await _show_end(context, attempt.id, said)
    if before is not None:
        await _show_other(context, attempt, before)


async def _show_end(context: AppContext, attempt_id: int, said: str) -> None:
    """What became of the order while its message was written. Nothing where that is what it `said`, or where no
    message shows it."""
    async with context.database.transaction(Pool.JOBS) as session:
        attempt = await attempts.get_attempt(session, attempt_id)
        if attempt is None or attempt.message_id is None or attempt.status == said:
            return
        chosen, telegram = await chats.get_language(session, attempt.telegram_id)
        with context.localizer.use_language_of(chosen, telegram):
            text, keyboard = await _end(session, context, attempt)
    chat_id, message_id = attempt.telegram_id, attempt.message_id
    await send_in_job(
        context, Redraw(chat_id=chat_id, message_id=message_id, text=text, reply_markup=keyboard)
    )


async def _show_other(context: AppContext, written: AttemptDetails, message_id: int) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        shown = await attempts.get_attempt_shown_by(session, written.user_id, written.telegram_id, message_id)
    if shown is None or shown.id == written.id:
        return
    if is_shown(shown):
        await show_order(context, shown.id)
    else:
        await _show_end(context, shown.id, PurchaseStatus.PENDING)


async def _end(session: AsyncSession, context: AppContext, attempt: AttemptDetails) -> Screen:
    found, now = await get_timeline(session, attempt.purchase_id, attempt.user_id), context.now()
    paid = await find_paid_news(session, attempt.user_id, found, now)
    if paid is not None:
        news = word(paid)
        return news.text, news.keyboard
    return timelines.shown(found, CheckStage.NOTHING, now, context.settings.support_contact)
