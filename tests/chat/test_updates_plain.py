"""What is read without pydantic is read as pydantic reads it, whatever is missing, of another type or new."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from aiogram import Bot
from aiogram.types import Update
from pydantic import ValidationError

from bot.chat.replies import KEYBOARD
from bot.updates.plain import read_plain

Json = dict[str, Any]
ANNA = {
    "id": 7,
    "is_bot": False,
    "first_name": "Anna",
    "last_name": "I",
    "username": "a",
    "language_code": "ru",
}
CHAT = {"id": 7, "type": "private", "first_name": "Anna", "last_name": "I", "username": "anna"}
MESSAGE = {"message_id": 5, "date": 1_790_000_000, "chat": CHAT}
COMMAND = {"type": "bot_command", "offset": 0, "length": 5}
WRITTEN = {"update_id": 1, "message": MESSAGE | {"from": ANNA, "text": "/help", "entities": [COMMAND]}}
SHOWN = MESSAGE | {
    "text": "!",
    "edit_date": 1_790_000_001,
    "has_protected_content": True,
    KEYBOARD: {"any": 1},
}
QUERY = {"id": "1", "from": ANNA, "chat_instance": "2", "data": "go:start", "message": SHOWN}
VALUES: tuple[Any, ...] = (None, True, 0, -1, 2.5, 10**20, "", "7", [], {}, [{}], {"id": 1})


@pytest.mark.parametrize("raw", [WRITTEN, {"update_id": 1, "callback_query": QUERY}])
def test_it_reads_as_pydantic_does(raw: Json) -> None:
    bot = Bot("7:test")
    assert read_plain(copy.deepcopy(raw), bot) is not None
    for one in [raw, *_changed(raw)]:
        given = copy.deepcopy(one)
        if (found := read_plain(given, bot)) is None:
            continue
        assert given == one, "it is kept as it came"
        expected = _by_pydantic(one, bot)
        assert found == expected, one
        assert found.model_dump() == expected.model_dump()
        assert found.event.model_fields_set == expected.event.model_fields_set
        assert found.event.bot is bot


def _by_pydantic(raw: Json, bot: Bot) -> Update:
    try:
        return Update.model_validate(raw, context={"bot": bot})
    except ValidationError as error:
        raise AssertionError(f"{raw} can't be read") from error


def _changed(value: Any) -> Iterator[Any]:
    """The same with one part left out, of another value, or new."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield {other: one for other, one in value.items() if other != name}
            yield from (value | {name: one} for one in VALUES)
            yield from (value | {name: one} for one in _changed(part))
        yield from (value | {name: 1} for name in ("is_premium", "photo", "game_short_name", "new"))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from ([*value[:at], one, *value[at + 1 :]] for one in (*VALUES, *_changed(part)))
