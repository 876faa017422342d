"""Photos and files that go to the school: a card, and below it the copy, which may have to wait."""

from typing import Any

import asyncpg
import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import CopyMessage, SetMessageReaction

from bot.jobs import support as job
from bot.retry import RetryJobError
from bot.sandbox.app import Sandbox
from bot.sender import MAX_TRIES
from bot.texts import support as words
from db.jobs import SupportJob
from handlers.app import Application
from tests.app import update_of
from tests.callbacks import becomes
from tests.chat.test_support import PIXEL, card, photos, reply, writes
from tests.chat_user import OLGA, ChatUser

SIZE = {"file_id": "x", "file_unique_id": "x", "width": 1, "height": 1}
MEDIA = {"file_id": "x", "file_unique_id": "x", "duration": 1}
# What nobody would think of sending to a school.
RARE: list[dict[str, Any]] = [
    {"live_photo": SIZE | MEDIA, "photo": [SIZE]},
    {"paid_media": {"star_count": 5, "paid_media": []}},
    {"dice": {"emoji": "🎲", "value": 3}},
    {"venue": {"location": {"latitude": 1.5, "longitude": 2.5}, "title": "Here", "address": "There"}},
    {"story": {"id": 1, "chat": {"id": 5, "type": "private"}}},
]

LOSE_COPY = """
delete from bot.support_copies where of_id = $1 and chat_id = $2 and message_id <> $3 returning 1
"""  # as if it had not been sent


async def test_a_copy_that_has_to_wait_comes_without_its_card(
    anna: ChatUser, olga: ChatUser, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    await anna.register()
    await writes(anna)
    await anna.send_photo(PIXEL, "вот экран")
    number = await card(olga, "вот экран")
    message = await sql.fetchval("select max(id) from bot.support_messages")
    await becomes(lambda: sql.fetchval(LOSE_COPY, message, OLGA, number))
    delivery = SupportJob(message=message, telegram_id=OLGA)
    sandbox.faults.set(telegram_5xx=MAX_TRIES)
    with pytest.raises(RetryJobError):
        await job.deliver(delivery, app.context)
    await job.deliver(delivery, app.context)
    await olga.refresh()
    assert len(photos(olga)) == 2
    assert sum("вот экран" in one.get("text", "") for one in olga.messages) == 1


async def test_a_very_long_question_comes_once(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    await anna.register()
    await writes(anna, "Очень длинно. " * 250)
    both = "select count(*) = 2 from bot.support_copies where chat_id = $1"
    await becomes(lambda: sql.fetchval(both, OLGA))
    await olga.refresh()
    assert sum("Очень длинно" in text for text in olga.texts) == 1


@pytest.mark.errors_expected("what Telegram refuses is an error")
async def test_a_copy_that_telegram_refuses_is_said_to_be_missing(
    anna: ChatUser, olga: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    """Voice messages that somebody does not take, a message that was deleted."""
    reactions: list[Any] = []

    async def refuse(make_request: Any, bot: Bot, method: Any) -> Any:
        if isinstance(method, CopyMessage):
            raise TelegramBadRequest(method=method, message="Bad Request: VOICE_MESSAGES_FORBIDDEN")
        reactions.extend([method] if isinstance(method, SetMessageReaction) else [])
        return await make_request(bot, method)

    app.bot.session.middleware(refuse)
    await olga.send("/start")
    await anna.register()
    await writes(anna)
    for rare in RARE:
        await app.processor.process(update_of(anna, **rare))
        await olga.receives(words.CANT_COPY)
        await olga.click(words.CLOSE)  # what is said after it is another person's action
    kinds = await sql.fetch("select kind from bot.support_messages order by id")
    assert [one["kind"] for one in kinds] == ["text", *(next(iter(rare)) for rare in RARE)]
    await anna.click(words.WRITE)
    await anna.send_photo(PIXEL, "вот экран")
    number = await card(olga, "вот экран")
    assert not any(one.get("caption") for one in olga.messages)  # it stands in the card
    # The headline of what has not arrived is taken back; what stands in it stays.
    await reply(olga, number, photo=PIXEL)
    await olga.receives(lambda: words.not_copied("Анна Соколова"))
    await anna.refresh()
    assert not any(anna.words(lambda: words.answer("")) in text for text in anna.texts)
    await reply(olga, number, photo=PIXEL, caption="смотрите сюда")
    await olga.receives(lambda: words.not_copied("Анна Соколова"))
    await anna.receives("смотрите сюда")
    assert reactions == []
