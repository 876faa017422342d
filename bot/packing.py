"""Methods as JSON, to be sent by a job."""

from aiogram import methods

from bot.chat.replies import Method
from bot.lessons.messages import FILE_LESSONS, FileLessonEdit, RichLesson, RichLessonEdit, instead_of
from db.jobs import PackedMethod

WITH_INSTEAD: dict[str, type[Method]] = {
    "SendRichMessage": RichLesson,
    "EditMessageText": RichLessonEdit,
    "EditMessageMedia": FileLessonEdit,
    **{f"Send{kind.title()}": sends for kind, sends in FILE_LESSONS.items()},
}


def pack(method: Method) -> PackedMethod:
    values = method.model_dump(mode="json", exclude_none=True, exclude_defaults=True, warnings=False)
    instead = [pack(one) for one in instead_of(method)]
    return PackedMethod(method=type_of(method), values=values, instead=instead)


def type_of(method: Method) -> str:
    """The name of Telegram's own class; one of ours may be derived from it."""
    name = method.__api_method__  # "sendMessage"
    return name[0].upper() + name[1:]


def unpack(packed: PackedMethod) -> Method:
    if packed.instead:
        values = packed.values | {"instead": [unpack(one) for one in packed.instead]}
        return WITH_INSTEAD[packed.method].model_validate(values)
    kind = getattr(methods, packed.method)
    method: Method = kind.model_validate(packed.values)
    return method
