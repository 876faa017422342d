"""What a person or the school has written reaches the other side, and the other admins: once per chat."""

from aiogram.methods import CopyMessage, SendMessage, SetMessageReaction
from aiogram.types import InlineKeyboardMarkup, ReactionTypeEmoji, ReplyParameters

from bot.chat.keyboards import press, rows
from bot.chat.rights import Right, may_now
from bot.chat.support_buttons import CloseThread, WriteToSchool
from bot.context import AppContext
from bot.sender import Method, send_in_job
from bot.texts import support as words
from db import chats, support
from db.accounts import people
from db.accounts.people import AccountSummary
from db.engine import Pool
from db.jobs import SupportJob
from db.support import Delivery

MAX_INLINE = 3000  # characters of HTML that stand below a headline; a longer text is copied as a file is


async def deliver(job: SupportJob, context: AppContext) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        found = await support.get_delivery(session, job.message, job.telegram_id)
        if found is None:
            return
        thread = found.thread
        answers = found.message.admin_id is not None and job.telegram_id == thread.telegram_id
        if not answers and not await may_now(session, context.settings, job.telegram_id, Right.SUPPORT):
            return
        name, _username = await people.get_names(session, thread.telegram_id)
        admin, _username = await people.get_names(session, found.message.admin_id or 0)
        who = await people.get_account_summary(session, thread.user_id) if thread.user_id else None
        chosen, telegram = await chats.get_language(session, job.telegram_id)
    with context.localizer.use_language_of(chosen, telegram):
        text, keyboard = _worded(found, who, name, admin, answers=answers)
    if await _send(context, job, found, text, keyboard):
        if answers:
            await _mark_delivered(context, found)
    elif answers:
        await _tell_not_delivered(context, found, name)


def _worded(
    found: Delivery, who: AccountSummary | None, name: str, admin: str, *, answers: bool
) -> tuple[str, InlineKeyboardMarkup]:
    message, thread = found.message, found.thread
    inline = message.text if len(message.text) <= MAX_INLINE else ""
    if answers:
        return words.answer(inline), rows(press(words.WRITE, WriteToSchool()))
    close = rows(press(words.CLOSE, CloseThread(id=thread.id)))
    if message.admin_id is not None:
        return words.answered(admin, name, inline), close
    return words.card(who, name, thread.telegram_id, inline), close


async def _send(
    context: AppContext, job: SupportJob, found: Delivery, text: str, keyboard: InlineKeyboardMarkup
) -> bool:
    """Whether it is there. What is no text follows its headline; each is noted at once, so that a job which comes back
    for the one does not send the other again."""
    headline = found.shown[0] if found.shown else None
    if headline is None:
        shown = SendMessage(chat_id=job.telegram_id, text=text, reply_markup=keyboard)
        sent = await send_in_job(context, shown, report=False)
        if sent is None:
            return False
        headline = sent.message_id
        await _record(context, job, found, headline)
    message = found.message
    is_whole = message.kind == "text" and len(message.text) <= MAX_INLINE
    if not is_whole and not found.shown[1:]:
        copied = await send_in_job(context, _copy(job.telegram_id, found, headline), report=False)
        if copied is not None:
            await _record(context, job, found, copied.message_id)
    return True


async def _record(context: AppContext, job: SupportJob, found: Delivery, message_id: int) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        await support.record_copy(session, job.telegram_id, message_id, found.thread.id, found.message.id)


def _copy(chat_id: int, found: Delivery, headline: int) -> Method:
    below = ReplyParameters(message_id=headline, allow_sending_without_reply=True)
    message = found.message
    return CopyMessage(
        chat_id=chat_id,
        from_chat_id=message.chat_id,
        message_id=message.message_id,
        caption="" if message.kind != "text" and len(message.text) <= MAX_INLINE else None,
        reply_parameters=below,
    )


async def _mark_delivered(context: AppContext, found: Delivery) -> None:
    """The admin sees it at their own message."""
    seen = SetMessageReaction(
        chat_id=found.message.chat_id,
        message_id=found.message.message_id,
        reaction=[ReactionTypeEmoji(emoji="👍")],
    )
    await send_in_job(context, seen, report=False)


async def _tell_not_delivered(context: AppContext, found: Delivery, name: str) -> None:
    admin = found.message.chat_id
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, telegram = await chats.get_language(session, admin)
    with context.localizer.use_language_of(chosen, telegram):
        told = SendMessage(chat_id=admin, text=words.not_delivered(name))
    await send_in_job(context, told, report=False)
