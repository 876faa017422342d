"""SIGTERM while nothing that the bot talks to answers."""

import time
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.sandbox.app import Sandbox
from tests.app import BOT, origin_of
from tests.chat_user import ANNA
from tests.http.relay import Relay
from tests.process import BotProcess

WITHIN = 20.0  # seconds: what an init system is told to wait


@pytest.mark.proof
@pytest.mark.parametrize("messages", [0, 30])
async def test_asked_to_end_while_telegram_and_the_database_are_away(
    sandbox: Sandbox, school_database: str, tmp_path: Path, messages: int
) -> None:
    origin, dsn = urlsplit(origin_of(sandbox)), urlsplit(school_database)
    at = dict(parse_qsl(dsn.query))
    assert origin.port
    socket = Path(at["host"]) / f".s.PGSQL.{at['port']}"
    async with Relay(origin.port) as telegram, Relay(socket) as database:
        there = f"http://127.0.0.1:{telegram.port}"
        address = f"postgresql://{dsn.username}@127.0.0.1:{database.port}{dsn.path}?sslmode=disable"
        process = BotProcess(there, address, tmp_path)
        await process.start()
        database.swallow()
        context = sandbox.telegram.context
        account = next(one for one in context.accounts.all() if one.id == BOT)
        for number in range(messages):
            context.updates.push(account, "message", message(number))
        telegram.swallow()
        began = time.monotonic()
        await process.terminate()
        assert time.monotonic() - began < WITHIN


def message(number: int) -> dict[str, object]:
    person = {"id": ANNA, "is_bot": False, "first_name": "Anna"}
    chat = {"id": ANNA, "type": "private", "first_name": "Anna"}
    return {"message_id": number + 1, "date": 1_700_000_000, "chat": chat, "from": person, "text": "/help"}
