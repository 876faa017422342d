"""Methods as JSON, to be sent by a job."""

from aiogram import methods

from bot.chat.replies import Method
from bot.lessons.messages import RichLesson, RichLessonEdit
from db.jobs import PackedMethod

WITH_INSTEAD: dict[str, type[Method]] = {"SendRichMessage": RichLesson, "EditMessageText": RichLessonEdit}


def pack(method: Method) -> PackedMethod:
    values = method.model_dump(mode="json", exclude_none=True, exclude_defaults=True, warnings=False)
    name = method.__api_method__  # "sendMessage"; a class of ours may be derived from Telegram's
    instead = [pack(one) for one in method.instead] if isinstance(method, RichLesson | RichLessonEdit) else []
    return PackedMethod(method=name[0].upper() + name[1:], values=values, instead=instead)


def unpack(packed: PackedMethod) -> Method:
    if packed.instead:
        values = packed.values | {"instead": [unpack(one) for one in packed.instead]}
        return WITH_INSTEAD[packed.method].model_validate(values)
    kind = getattr(methods, packed.method)
    method: Method = kind.model_validate(packed.values)
    return method
