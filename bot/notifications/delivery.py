"""Delivers events after the commit that made them true, at least once, and replies that had to wait."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiogram.methods import DeleteMessage, EditMessageReplyMarkup, EditMessageText, SendMessage
from aiogram.types import Message, MessageId

from bot.chat.replies import Redraw
from bot.context import AppContext
from bot.notifications import fallback
from bot.notifications.current import UNPAID, as_of_now, paid_meanwhile
from bot.notifications.events import EditingEvent, Event, MessageNotShown
from bot.notifications.notification import Notification
from bot.notifications.registry import from_facts, word
from bot.packing import unpack
from bot.retry import RetryJobError
from bot.sender import Method, SendLaterError, send, send_in_job
from db import chats
from db.account_ids import get_current_id
from db.engine import Pool
from db.jobs import SendJob, TellJob
from db.payments import timeline
from db.queue import enqueue, enqueue_all

Chat = tuple[int, str | None, str | None]


async def tell(job: TellJob, context: AppContext) -> None:
    """To one chat; an account with several gets a job for each, so that a retry does not resend to the others. Told as
    things are now; nothing where it is not so any more."""
    event, to = await _read(job, context)
    if event is None:
        return
    if len(to) > 1:
        async with context.database.transaction(Pool.JOBS) as session:
            await enqueue_all(session, [fallback.for_chat(job, chat[0]) for chat in to])
        return
    if len(to) == 1 and job.telegram_id is None:
        job = fallback.for_chat(job, to[0][0])
    try:
        for chat in to:
            # That something could not be shown is not told of in turn.
            report = not isinstance(event, MessageNotShown)
            methods = await _methods(event, context, chat)
            sent = [await send_in_job(context, method, report=report) for method in methods]
            await _correct(event, context, chat, sent)
    except RetryJobError:
        await fallback.while_silent(job, event, context)
        raise
    await fallback.after_sending(job, event, context)


async def _read(job: TellJob, context: AppContext) -> tuple[Event | None, list[Chat]]:
    """What is told and to whom. What is told in a new message stands below an order's message."""
    stored = from_facts(job.news, job.facts, job.version)
    async with context.database.transaction(Pool.JOBS) as session:
        user_id = job.user_id or job.account
        # The account may have been merged since the job was stored.
        user_id = None if user_id is None else await get_current_id(session, user_id)
        event = await as_of_now(session, stored, user_id, job.telegram_id, context.now())
        if event is None:
            return None, []
        if job.telegram_id is not None:
            found: list[Chat] = [(job.telegram_id, *await chats.get_language(session, job.telegram_id))]
        else:
            assert user_id is not None
            found = await chats.list_reachable(session, user_id)
        if len(found) == 1 and _replaced(event, found[0][0]) is None:
            await chats.record_order(session, found[0][0], None)
    return event, found


async def _methods(event: Event, context: AppContext, chat: Chat) -> list[Method]:
    """A new message; or an edit, where the event replaces a message of this chat; or both, where the news is to stand
    below that message."""
    telegram_id, chosen, telegram = chat
    with context.localizer.use_language_of(chosen, telegram):
        worded = word(event)
    replaced = _replaced(event, telegram_id)
    if replaced is None and isinstance(event, EditingEvent) and event.only_edits:
        return []
    if replaced is not None and (
        worded.above is None or await _is_last(context, worded, telegram_id, replaced)
    ):
        edit = Redraw if isinstance(event, EditingEvent) and event.only_edits else EditMessageText
        return [
            edit(chat_id=telegram_id, message_id=replaced, text=worded.text, reply_markup=worded.keyboard)
        ]
    sent = SendMessage(chat_id=telegram_id, text=worded.text, reply_markup=worded.keyboard)
    if replaced is None or worded.above is None:
        return [sent]
    return [Redraw(chat_id=telegram_id, message_id=replaced, text=worded.above), sent]


async def _correct(event: Event, context: AppContext, chat: Chat, sent: list[Any]) -> None:
    """A payment that succeeded while it was told that no money was charged: the order's message says that it is paid,
    and a message of its own goes. Raises RetryJobError."""
    if not isinstance(event, UNPAID):
        return
    telegram_id, chosen, telegram = chat
    replaced = _replaced(event, telegram_id)
    async with context.database.transaction(Pool.JOBS) as session:
        paid = await paid_meanwhile(session, event, context.now())
    if paid is None:
        return
    with context.localizer.use_language_of(chosen, telegram):
        news = word(paid)
    for number in {one.message_id for one in sent if isinstance(one, Message | MessageId)} - {replaced}:
        await send_in_job(context, DeleteMessage(chat_id=telegram_id, message_id=number))
    if replaced is not None:
        shown = Redraw(chat_id=telegram_id, message_id=replaced, text=news.text, reply_markup=news.keyboard)
        await send_in_job(context, shown)


async def _is_last(context: AppContext, worded: Notification, telegram_id: int, message_id: int) -> bool:
    """Whether the news may be written over that message: it still stands last in the chat."""
    async with context.database.transaction(Pool.JOBS) as session:
        if not worded.anew and await chats.get_last_order(session, telegram_id) == message_id:
            return True
        await chats.record_order(session, telegram_id, None)
    return False


def _replaced(event: Event, telegram_id: int) -> int | None:
    if isinstance(event, EditingEvent) and event.message_chat in (None, telegram_id):
        return event.message_id or None
    return None


async def send_later(job: SendJob, context: AppContext) -> None:
    """Replies that could not be sent at once, in their order. What was to be written over an order's message that has
    ended since is not: its news stand there."""
    for at, packed in enumerate(job.methods):
        try:
            if not await _is_overtaken(context, job, method := unpack(packed)):
                await send(context, method)
        except SendLaterError as later:
            async with context.database.transaction(Pool.JOBS) as session:
                await enqueue(
                    session, replace(job, methods=job.methods[at:]), after=timedelta(seconds=later.delay)
                )
            return


async def _is_overtaken(context: AppContext, job: SendJob, method: Method) -> bool:
    if job.at is None or not isinstance(method, EditMessageText | EditMessageReplyMarkup):
        return False
    chat_id, message_id = method.chat_id, method.message_id
    if not isinstance(chat_id, int) or message_id is None:
        return False
    async with context.database.transaction(Pool.JOBS) as session:
        return await timeline.has_ended_since(session, chat_id, message_id, job.at)
