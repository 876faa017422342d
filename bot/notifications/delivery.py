"""News of money and access, said after the commit that made them true: at least once."""

from datetime import timedelta
from typing import Any

from aiogram.methods import EditMessageText, SendMessage

from bot.context import AppContext
from bot.jobs.retry import RetryJobError
from bot.notifications.events import EditingEvent
from bot.notifications.registry import from_facts, word
from bot.updates.sender import Method, SendLaterError, send, unpack
from db import chats
from db.engine import Pool
from db.queue import enqueue

Chat = tuple[int, str | None, str | None]


async def tell(payload: dict[str, Any], context: AppContext) -> None:
    """To one chat; an account with several gets a job for each, so that none hears twice what another missed."""
    to = await _recipients(payload, context)
    if len(to) > 1:
        async with context.database.transaction(Pool.JOBS) as session:
            for telegram_id, *_rest in to:
                await enqueue(session, "tell", {**payload, "user_id": None, "telegram_id": telegram_id})
        return
    for chat in to:
        await _send(context, _method(payload, context, chat))


async def _recipients(payload: dict[str, Any], context: AppContext) -> list[Chat]:
    async with context.database.transaction(Pool.JOBS) as session:
        if (telegram_id := payload.get("telegram_id")) is not None:
            return [(telegram_id, *await chats.get_language(session, telegram_id))]
        return await chats.list_reachable(session, payload["user_id"])


def _method(payload: dict[str, Any], context: AppContext, chat: Chat) -> Method:
    """A new message, or an edit where the event replaces a message of this chat."""
    telegram_id, chosen, telegram = chat
    event = from_facts(payload["news"], payload["facts"])
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


async def send_later(payload: dict[str, Any], context: AppContext) -> None:
    """What the edge could not send at once, in its order."""
    for at, packed in enumerate(payload["methods"]):
        try:
            await send(context, unpack(packed))
        except SendLaterError as later:
            async with context.database.transaction(Pool.JOBS) as session:
                rest = {"methods": payload["methods"][at:]}
                await enqueue(session, "send", rest, after=timedelta(seconds=later.delay))
            return


async def _send(context: AppContext, method: Method) -> None:
    try:
        await send(context, method)
    except SendLaterError as later:
        raise RetryJobError("not sent", timedelta(seconds=later.delay)) from later
