"""Parts of a message that can't be read: whoever has written is answered all the same, and what is lost is kept."""

from typing import Any

import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from bot.texts import errors
from handlers.app import Application
from tests.app import update_of
from tests.chat.test_updates import GROUP, bring, sent
from tests.chat_user import ChatUser

Json = dict[str, Any]
ACTORS: list[Json] = [
    {"is_bot": None},
    {"first_name": None},
    {"first_name": 5, "last_name": [], "username": {}},
    {"id": "x"},
]


@pytest.mark.errors_expected("what can't be read is to be looked at")
async def test_whoever_has_written_is_answered(
    anna: ChatUser, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """Of a sender only the id is needed, which a private chat bears as well; of what was said something has to be
    left."""
    await anna.register()
    whole = update_of(anna)["message"]["from"]
    senders = [None, {"id": anna.id}, *(whole | wrong for wrong in ACTORS)]
    for sender in senders:
        update = update_of(anna, text="/status")
        update["message"]["from"] = sender
        [text] = sent(await bring(app, sandbox, update))
        assert text != anna.words(errors.APOLOGY), sender
    lost: list[Json] = [
        {"text": 5}, {"text": {"a": 1}}, {"photo": [{"file_id": "x"}], "caption": "/status"},
        {"document": {"file_id": 5}},
        {"contact": {"phone_number": 79990000000}}, {"voice": "x"}, {"live_photo": {"file_id": 1}},
    ]  # fmt: skip
    for said in lost:
        assert sent(await bring(app, sandbox, update_of(anna, **said))) == [anna.words(errors.APOLOGY)], said
    await bring(app, sandbox, update_of(anna, chat=GROUP, text=5))
    assert await sql.fetchval("select count(*) from bot.failed_updates") == len(lost)
