"""Delivers events after the commit that made them true, at least once, and replies that had to wait."""

from dataclasses import replace
from datetime import timedelta

from aiogram.methods import EditMessageText, SendMessage

from bot.context import AppContext
from bot.notifications.events import EditingEvent, MessageNotShown
from bot.notifications.registry import from_facts, word
from bot.sender import Method, SendLaterError, send, send_in_job, unpack
from db import chats
from db.engine import Pool
from db.jobs import SendJob, TellJob
from db.queue import enqueue

Chat = tuple[int, str | None, str | None]


async def tell(job: TellJob, context: AppContext) -> None:
    """To one chat; an account with several gets a job for each, so that a retry does not resend to the others."""
    to = await _recipients(job, context)
    if len(to) > 1:
        async with context.database.transaction(Pool.JOBS) as session:
            for telegram_id, *_rest in to:
                await enqueue(session, replace(job, user_id=None, telegram_id=telegram_id))
        return
    for chat in to:
        # That something could not be shown is not told of in turn.
        await send_in_job(context, _method(job, context, chat), report=job.news != MessageNotShown.name)


async def _recipients(job: TellJob, context: AppContext) -> list[Chat]:
    async with context.database.transaction(Pool.JOBS) as session:
        if job.telegram_id is not None:
            return [(job.telegram_id, *await chats.get_language(session, job.telegram_id))]
        assert job.user_id is not None
        return await chats.list_reachable(session, job.user_id)


def _method(job: TellJob, context: AppContext, chat: Chat) -> Method:
    """A new message, or an edit where the event replaces a message of this chat."""
    telegram_id, chosen, telegram = chat
    event = from_facts(job.news, job.facts, job.version)
    with context.localizer.use_locale(context.localizer.language(chosen, telegram)):
        worded = word(event)
    if isinstance(event, EditingEvent) and event.message_chat in (None, telegram_id) and event.message_id:
        return EditMessageText(
            chat_id=telegram_id,
            message_id=event.message_id,
            text=worded.text,
            reply_markup=worded.keyboard,
        )
    return SendMessage(chat_id=telegram_id, text=worded.text, reply_markup=worded.keyboard)


async def send_later(job: SendJob, context: AppContext) -> None:
    """Replies that could not be sent at once, in their order."""
    for at, packed in enumerate(job.methods):
        try:
            await send(context, unpack(packed))
        except SendLaterError as later:
            async with context.database.transaction(Pool.JOBS) as session:
                await enqueue(
                    session, SendJob(methods=job.methods[at:]), after=timedelta(seconds=later.delay)
                )
            return
