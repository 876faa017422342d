"""Photos and files that go to the school: a card, and below it the copy, which may have to wait."""

import asyncpg
import pytest

from bot.jobs import support as job
from bot.retry import RetryJobError
from bot.sandbox.app import Sandbox
from bot.sender import MAX_TRIES
from db.jobs import SupportJob
from handlers.app import Application
from tests.callbacks import becomes
from tests.chat.test_support import PIXEL, card, photos, writes
from tests.chat_user import OLGA, ChatUser

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
