"""Updates from elsewhere than a private chat with a person, and those that can't be read: no answer, nothing done."""

from typing import Any

import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from handlers.app import Application
from tests.app import update_of
from tests.chat.rows import database
from tests.chat_user import ChatUser


def in_group(person: ChatUser, kind: str) -> dict[str, Any]:
    chat = {"id": -1001234567890, "type": kind, "title": "A <b>group</b>"}
    user = {"id": person.id, "is_bot": False, "first_name": "Anna", "language_code": "ru"}
    return {"message_id": 5, "date": 1_700_000_000, "chat": chat, "from": user}


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
async def test_groups_and_channels_get_no_answer(
    anna: ChatUser, app: Application, sandbox: Sandbox, sql: asyncpg.Connection, kind: str
) -> None:
    await anna.register()
    before, said = await database(sql), len(sandbox.telegram.context.calls)
    message = in_group(anna, kind)
    for update in (
        {"message": message | {"text": "/promo SPRING"}},
        {"message": message | {"new_chat_members": [{"id": app.bot.id, "is_bot": True, "first_name": "B"}]}},
        {"channel_post": message | {"text": "/start"}},
        {
            "callback_query": {
                "id": "1",
                "from": message["from"],
                "chat_instance": "1",
                "data": "register",
                "message": message | {"text": "x"},
            }
        },
        {
            "my_chat_member": {
                "chat": message["chat"],
                "from": message["from"],
                "date": 1,
                "old_chat_member": {"status": "left", "user": {"id": 1, "is_bot": True, "first_name": "B"}},
                "new_chat_member": {"status": "member", "user": {"id": 1, "is_bot": True, "first_name": "B"}},
            }
        },
        {"inline_query": {"id": "1", "from": message["from"], "query": "x", "offset": ""}},
        {
            "callback_query": {
                "id": "2",
                "from": message["from"],
                "chat_instance": "1",
                "data": "register",
                "inline_message_id": "abc",
            }
        },
        {"something_new": {"x": 1}},
        {},
    ):
        await app.processor.process({"update_id": update_of(anna)["update_id"], **update})
    calls = list(sandbox.telegram.context.calls)[said:]
    assert [
        call["method"]
        for call in calls
        if call["method"].lower() not in ("getupdates", "answercallbackquery")
    ] == []
    assert await database(sql) == before


async def test_another_bot_gets_no_answer(anna: ChatUser, app: Application, sql: asyncpg.Connection) -> None:
    update = update_of(anna, text="/start")
    update["message"]["from"]["is_bot"] = True
    await app.processor.process(update)
    assert await sql.fetchval("select count(*) from bot.chats") == 0


@pytest.mark.errors_expected("what Telegram sends and we can't read is to be looked at")
async def test_an_update_nobody_can_read_does_not_stop_the_others(
    anna: ChatUser, app: Application, sql: asyncpg.Connection, errors: list[str]
) -> None:
    await app.processor.process({"update_id": 7, "message": {"chat": "nonsense"}})
    assert "update_unreadable" in errors[0]
    await anna.send("/start")
    assert anna.new_texts
