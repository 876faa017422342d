"""What a person or the school has written reaches the other side, and the other admins: once per chat."""

from collections.abc import Callable

from aiogram.methods import CopyMessage, DeleteMessage, SendMessage, SetMessageReaction
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
        instead = str(words.CANT_COPY)
    headline = await _send_headline(context, job, found, text, keyboard)
    if headline is None:
        if answers:
            await _tell_answerer(context, found, words.not_delivered, name)
    elif await _send_copy(context, job, found, headline):
        if answers:
            await _mark_delivered(context, found)
    elif answers:
        await _undo_headline(context, job, found, headline)
        await _tell_answerer(context, found, words.not_copied, name)
    else:
        told = SendMessage(chat_id=job.telegram_id, text=instead, reply_parameters=_below(headline))
        await _shown(context, job, found, told)


def _inline(found: Delivery) -> str:
    return found.message.text if len(found.message.text) <= MAX_INLINE else ""


def _worded(
    found: Delivery, who: AccountSummary | None, name: str, admin: str, *, answers: bool
) -> tuple[str, InlineKeyboardMarkup]:
    message, thread = found.message, found.thread
    inline = _inline(found)
    if answers:
        return words.answer(inline), rows(press(words.WRITE, WriteToSchool()))
    close = rows(press(words.CLOSE, CloseThread(id=thread.id)))
    if message.admin_id is not None:
        return words.answered(admin, name, inline), close
    return words.card(who, name, thread.telegram_id, inline), close


async def _send_headline(
    context: AppContext, job: SupportJob, found: Delivery, text: str, keyboard: InlineKeyboardMarkup
) -> int | None:
    """The headline's number, once it is there. Each part is noted at once, so that a job which comes back for one does
    not send another again."""
    if found.shown:
        return found.shown[0]
    shown = SendMessage(chat_id=job.telegram_id, text=text, reply_markup=keyboard)
    return await _shown(context, job, found, shown)


async def _send_copy(context: AppContext, job: SupportJob, found: Delivery, headline: int) -> bool:
    """What does not stand in the headline follows it. False where Telegram refuses to copy it: voice messages that are
    not taken, what was deleted meanwhile."""
    message = found.message
    is_whole = message.kind == "text" and len(message.text) <= MAX_INLINE
    if is_whole or found.shown[1:]:
        return True
    return await _shown(context, job, found, _copy(job.telegram_id, found, headline)) is not None


async def _shown(context: AppContext, job: SupportJob, found: Delivery, method: Method) -> int | None:
    sent = await send_in_job(context, method, report=False)
    if sent is None:
        return None
    number: int = sent.message_id
    await _record(context, job, found, number)
    return number


async def _record(context: AppContext, job: SupportJob, found: Delivery, message_id: int) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        await support.record_copy(session, job.telegram_id, message_id, found.thread.id, found.message.id)


def _below(headline: int) -> ReplyParameters:
    return ReplyParameters(message_id=headline, allow_sending_without_reply=True)


def _copy(chat_id: int, found: Delivery, headline: int) -> Method:
    message = found.message
    return CopyMessage(
        chat_id=chat_id,
        from_chat_id=message.chat_id,
        message_id=message.message_id,
        caption="" if message.kind != "text" and len(message.text) <= MAX_INLINE else None,
        reply_parameters=_below(headline),
    )


async def _undo_headline(context: AppContext, job: SupportJob, found: Delivery, headline: int) -> None:
    """Where nothing but it has arrived."""
    if not _inline(found):
        delete = DeleteMessage(chat_id=job.telegram_id, message_id=headline)
        await send_in_job(context, delete, report=False)


async def _mark_delivered(context: AppContext, found: Delivery) -> None:
    """The admin sees it at their own message."""
    seen = SetMessageReaction(
        chat_id=found.message.chat_id,
        message_id=found.message.message_id,
        reaction=[ReactionTypeEmoji(emoji="👍")],
    )
    await send_in_job(context, seen, report=False)


async def _tell_answerer(context: AppContext, found: Delivery, said: Callable[[str], str], name: str) -> None:
    admin = found.message.chat_id
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, telegram = await chats.get_language(session, admin)
    with context.localizer.use_language_of(chosen, telegram):
        told = SendMessage(chat_id=admin, text=said(name))
    await send_in_job(context, told, report=False)
