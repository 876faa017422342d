"""The messages a lesson is shown by, beyond Telegram's own methods: what is sent instead of a document that can't be,
and where the files in them are."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from aiogram import methods
from aiogram.types import (
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    Message,
)
from pydantic import Field, create_model

from bot.chat.replies import MEDIA, Method
from db.lessons.media import RememberedFile

MAX_REFUSED = 10_000  # documents
ADDRESS = ("http://", "https://")
INPUTS: dict[str, Callable[..., Any]] = {
    "photo": InputMediaPhoto,
    "video": InputMediaVideo,
    "audio": InputMediaAudio,
    "document": InputMediaDocument,
}
FORBIDDEN_VOICE = "VOICE_MESSAGES_FORBIDDEN"
# How a Bot API server before 10.1 answers: it knows neither the method nor the field.
LACKS = ("method not found", "not found", "message text is empty")


class RichLesson(methods.SendRichMessage):
    """`instead`: the same in classic messages."""

    instead: list[Any] = Field(default_factory=list, exclude=True)


class TextLessonEdit(methods.EditMessageText):
    """In place of a message, which is protected already; one sent in its stead has to be (`protect_content`)."""

    protect_content: bool | None = Field(default=None, exclude=True)


class RichLessonEdit(TextLessonEdit):
    """As `RichLesson`, in place of a message."""

    instead: list[Any] = Field(default_factory=list, exclude=True)


# A file with the lesson's text below it, which is sent alone where Telegram refuses the file.
FILE_LESSONS: dict[str, type[Method]] = {
    kind: create_model(
        f"{kind.title()}Lesson",
        __base__=sends,
        instead=(list[Any], Field(default_factory=list, exclude=True)),
    )
    for kind, sends in MEDIA.items()
}


class FileLessonEdit(methods.EditMessageMedia):
    """As `FILE_LESSONS`, in place of a message; `protect_content` as in `TextLessonEdit`."""

    protect_content: bool | None = Field(default=None, exclude=True)
    instead: list[Any] = Field(default_factory=list, exclude=True)


class LastPart(methods.SendMessage):
    """The last one of `count` messages that show a lesson together; it has the buttons."""

    count: int = Field(default=1, exclude=True)


class RichMessages:
    """What this process has found out of them: nobody is shown an error, and nothing is tried twice. A newer server
    is found out at the next start."""

    def __init__(self) -> None:
        self.lacking = False
        self._refused: OrderedDict[int, None] = OrderedDict()

    def takes(self, html: str) -> bool:
        return not self.lacking and hash(html) not in self._refused

    def learn(self, method: Method, error: str) -> bool:
        """Whether it is a document, and it was not this one that Telegram refuses: the server knows none, or its reader
        wants no voice, which what is sent instead meets again."""
        if not isinstance(method, RichLesson | RichLessonEdit):
            return False
        if FORBIDDEN_VOICE in error:
            return True
        words = error.lower().removeprefix("bad request: ").removeprefix("not found: ").strip()
        if words in LACKS:
            self.lacking = True
            return True
        assert method.rich_message is not None  # made so
        self._refused[hash(method.rich_message.html)] = None
        if len(self._refused) > MAX_REFUSED:
            self._refused.popitem(last=False)
        return False


def send_file(chat_id: int, kind: str, source: str, **more: Any) -> Method:
    """`kind`: photo, video, audio, voice or document; `source`: an address, or Telegram's id."""
    kinds = FILE_LESSONS if "instead" in more else MEDIA
    return kinds[kind].model_validate({"chat_id": chat_id, kind: source, **more})


def instead_of(method: Method) -> list[Method]:
    """What is sent where Telegram refuses the method."""
    return list(getattr(method, "instead", ()))


def as_new(method: Method) -> Method | None:
    """An edit of a message that is gone, as a new message; None for what edits none."""
    protect: bool | None = getattr(method, "protect_content", None)
    match method:
        case RichLessonEdit():
            return RichLesson(
                chat_id=method.chat_id or 0,
                rich_message=method.rich_message,
                reply_markup=method.reply_markup,
                protect_content=protect,
                instead=method.instead,
            )
        case methods.EditMessageText():
            return methods.SendMessage(
                chat_id=method.chat_id or 0,
                text=method.text or "",
                reply_markup=method.reply_markup,
                protect_content=protect,
            )
        case methods.EditMessageMedia():
            kind, source = named_file(method) or ("", "")
            more: dict[str, Any] = {"caption": method.media.caption, "reply_markup": method.reply_markup}
            more |= {"instead": instead_of(method), "protect_content": protect}
            return send_file(int(method.chat_id or 0), kind, source, **more)
    return None


def named_file(method: Method) -> tuple[str, str] | None:
    """The kind of the file that it sends, and how it names it."""
    if isinstance(method, methods.EditMessageMedia):
        return method.media.type, str(method.media.media)
    for kind, sends in MEDIA.items():
        if isinstance(method, sends) and isinstance(source := getattr(method, kind), str):
            return kind, source
    return None


def with_file(method: Method, source: str) -> Method:
    """The same method with its file named otherwise."""
    if isinstance(method, methods.EditMessageMedia):
        return method.model_copy(update={"media": method.media.model_copy(update={"media": source})})
    kind, _ = named_file(method) or ("", "")
    return method.model_copy(update={kind: source})


def sent_file(method: Method, sent: Message) -> RememberedFile | None:
    """By which id Telegram knows what was sent by its address."""
    kind, source = named_file(method) or ("", "")
    if not source.startswith(ADDRESS):
        return None
    there = getattr(sent, kind, None)
    file = there[-1] if isinstance(there, list) and there else there
    return RememberedFile(kind, source, file.file_id) if file else None
