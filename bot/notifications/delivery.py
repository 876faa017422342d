"""News of money and access, said after the commit that made them true: at least once."""

from datetime import timedelta
from typing import Any

from aiogram.methods import EditMessageText, SendMessage

from bot.context import Desk
from bot.jobs.retry import RunAgain
from bot.notifications import news as words
from bot.updates.sender import Later, Method, send, unpack
from db import chats
from db.engine import Lane
from db.queue import enqueue

Chat = tuple[int, str | None, str | None]


async def tell(payload: dict[str, Any], desk: Desk) -> None:
    """To one chat; an account with several gets a job for each, so that none hears twice what another missed."""
    to = await _recipients(payload, desk)
    if len(to) > 1:
        async with desk.books.transaction(Lane.JOBS) as session:
            for telegram_id, *_rest in to:
                await enqueue(session, "tell", {**payload, "user_id": None, "telegram_id": telegram_id})
        return
    for chat in to:
        await _send(desk, _said(payload, desk, chat))


async def _recipients(payload: dict[str, Any], desk: Desk) -> list[Chat]:
    async with desk.books.transaction(Lane.JOBS) as session:
        if (telegram_id := payload.get("telegram_id")) is not None:
            return [(telegram_id, *await chats.language_of(session, telegram_id))]
        return await chats.reachable(session, payload["user_id"])


def _said(payload: dict[str, Any], desk: Desk, chat: Chat) -> Method:
    """A message of its own, or in place of the one it is about: `message_id` among the facts, and `message_chat`
    where others hear of it too."""
    telegram_id, chosen, telegram = chat
    facts = dict(payload["facts"])
    message_id, message_chat = facts.pop("message_id", None), facts.pop("message_chat", telegram_id)
    with desk.voice.speaking(desk.voice.language(chosen, telegram)):
        news = words.ALL[payload["news"]](**facts)
    if message_id is not None and message_chat == telegram_id:
        return EditMessageText(
            chat_id=telegram_id, message_id=message_id, text=news.text, reply_markup=news.keyboard
        )
    return SendMessage(chat_id=telegram_id, text=news.text, reply_markup=news.keyboard)


async def send_later(payload: dict[str, Any], desk: Desk) -> None:
    """What the edge could not send at once, in its order."""
    for at, packed in enumerate(payload["methods"]):
        try:
            await send(desk, unpack(packed))
        except Later as later:
            async with desk.books.transaction(Lane.JOBS) as session:
                rest = {"methods": payload["methods"][at:]}
                await enqueue(session, "send", rest, after=timedelta(seconds=later.delay))
            return


async def _send(desk: Desk, method: Method) -> None:
    try:
        await send(desk, method)
    except Later as later:
        raise RunAgain("not sent", timedelta(seconds=later.delay)) from later
