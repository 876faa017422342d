"""Updates of the most usual forms, read without pydantic: a text, and a button under one, in a private chat.

pydantic looks for each of the 120 fields that a message may have, and tries two classes for one whose button was
pressed. Here a message is a copy of an empty one. Whatever is not just so is left to pydantic, which also says what is
wrong with it.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from aiogram import Bot
from aiogram.types import CallbackQuery, Chat, Message, MessageEntity, TelegramObject, Update, User

from bot.chat.replies import KEYBOARD

Raw = dict[str, Any]
Types = dict[str, type]
T = TypeVar("T", bound=TelegramObject)

USER: Types = {"id": int, "is_bot": bool, "first_name": str}
CHAT: Types = {"id": int, "type": str}
NAMES: Types = {"first_name": str, "last_name": str, "username": str, "language_code": str}
ENTITY: Types = {"type": str, "offset": int, "length": int}
MESSAGE: Types = {"message_id": int, "date": int, "chat": dict}
WRITTEN: Types = {"from": dict, "text": str, "entities": list}
SHOWN: Types = {"text": str, "edit_date": int, "has_protected_content": bool, KEYBOARD: dict}
QUERY: Types = {"id": str, "from": dict, "message": dict, "chat_instance": str, "data": str}
# Seconds. 0 says that a message can't be accessed; what pydantic takes for milliseconds is beyond.
DATES = range(1, 10_000_000_000)

NOBODY: Raw = {"id": 0, "is_bot": False, "first_name": ""}
NEEDED: dict[type[TelegramObject], Raw] = {
    User: NOBODY,
    Chat: {"id": 0, "type": "private"},
    MessageEntity: {"type": "", "offset": 0, "length": 0},
    Message: {"message_id": 0, "date": datetime.fromtimestamp(0, UTC), "chat": {"id": 0, "type": "private"}},
    CallbackQuery: {"id": "", "from_user": NOBODY, "chat_instance": ""},
    Update: {"update_id": 0},
}


@cache
def empty(kind: type[TelegramObject]) -> Any:
    """One with nothing but what it needs. Made when the first is read: to import a class does not build it."""
    return kind(**NEEDED[kind])


class NotPlainError(Exception):
    """Something is missing, of another type, or new."""


def read_plain(raw: Raw, bot: Bot) -> Update | None:
    """What pydantic would make of it; None where that has to."""
    try:
        match raw:
            case {"update_id": int(), "message": dict(message), **other} if not other:
                read: Raw = {"message": _message(message, bot, WRITTEN)}
            case {"update_id": int(), "callback_query": dict(query), **other} if not other:
                read = {"callback_query": _query(query, bot)}
            case _:
                return None
    except NotPlainError:
        return None
    return _copy(Update, {"update_id": raw["update_id"], **read}, bot)


def _copy(kind: type[T], values: Raw, bot: Bot) -> T:
    copy: T = empty(kind).model_copy(update=values).as_(bot)
    return copy


def _query(raw: Raw, bot: Bot) -> CallbackQuery:
    _check(raw, QUERY, {})
    values = raw | {"message": _message(raw["message"], bot, SHOWN), "from_user": _user(raw["from"], bot)}
    del values["from"]
    return _copy(CallbackQuery, values, bot)


def _message(raw: Raw, bot: Bot, more: Types) -> Message:
    _check(raw, MESSAGE, more)
    _check(raw["chat"], CHAT, NAMES)
    if raw["date"] not in DATES:
        raise NotPlainError
    chat = _copy(Chat, raw["chat"], bot)
    values = raw | {"date": datetime.fromtimestamp(raw["date"], UTC), "chat": chat}
    if "from" in values:
        values["from_user"] = _user(values.pop("from"), bot)
    if "entities" in values:
        values["entities"] = [_entity(one, bot) for one in values["entities"]]
    return _copy(Message, values, bot)


def _user(raw: Raw, bot: Bot) -> User:
    _check(raw, USER, NAMES)
    return _copy(User, raw, bot)


def _entity(raw: Any, bot: Bot) -> MessageEntity:
    if not isinstance(raw, dict):
        raise NotPlainError
    _check(raw, ENTITY, {})
    return _copy(MessageEntity, raw, bot)


def _check(raw: Raw, all_of: Types, some_of: Types) -> None:
    """Raises NotPlainError."""
    for name, value in raw.items():
        if type(value) is not (all_of.get(name) or some_of.get(name)):
            raise NotPlainError
    if not all_of.keys() <= raw.keys():
        raise NotPlainError
