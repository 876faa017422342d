"""Methods as JSON, to be sent by a job."""

from typing import Any

from aiogram import methods

from bot.chat.disabled import as_pressed
from bot.chat.replies import Method
from bot.lessons import messages
from db.jobs import PackedMethod

# Telegram's methods that ours are derived from, which know what is sent where they fail.
OURS: dict[str, type[Method]] = {
    "SendRichMessage": messages.RichLesson,
    "EditMessageText": messages.TextLessonEdit,
    "EditMessageMedia": messages.FileLessonEdit,
    **{f"Send{kind.title()}": sends for kind, sends in messages.FILE_LESSONS.items()},
}


def pack(method: Method) -> PackedMethod:
    # A server that has no disabled buttons is found out only where what they do instead is at hand.
    method = as_pressed(method) or method
    # The bot's defaults are filled in when it is sent; others, such as the type of a file, are needed to read it.
    written = method.model_dump(mode="json", exclude_none=True, warnings=False, fallback=lambda _: None)
    values = _without_none(written)
    if getattr(
        method, "protect_content", None
    ):  # which an edit does not send, but a message in its stead does
        values["protect_content"] = True
    instead = [pack(one) for one in messages.instead_of(method)]
    return PackedMethod(method=type_of(method), values=values, instead=instead)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list) else value


def type_of(method: Method) -> str:
    """The name of Telegram's own class; one of ours may be derived from it."""
    name = method.__api_method__  # "sendMessage"
    return name[0].upper() + name[1:]


def unpack(packed: PackedMethod) -> Method:
    kind = OURS.get(packed.method) or getattr(methods, packed.method)
    if kind is messages.TextLessonEdit and "rich_message" in packed.values:
        kind = messages.RichLessonEdit
    instead = {"instead": [unpack(one) for one in packed.instead]} if packed.instead else {}
    method: Method = kind.model_validate(packed.values | instead)
    return method
