"""A lesson on the screen: one message where Telegram can show it so, and in place of the one whose button was pressed
where it can be edited into it; else that one goes once the new ones are there."""

from collections.abc import Sequence

from aiogram.methods import DeleteMessages, EditMessageMedia, EditMessageText
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardMarkup,
    InputRichMessage,
    InputRichMessageMedia,
    Message,
)

from bot.chat import Text
from bot.chat.fitting import MAX_CAPTION
from bot.chat.markup import pages
from bot.chat.replies import MAX_TEXT, Method, say
from bot.context import Request
from bot.lessons import messages, rich
from bot.lessons.document import Format, rich_problems
from bot.texts import lessons as words
from db.lessons.lessons import LessonPage
from db.lessons.media import get_file_id

EDITABLE = ("photo", "video", "audio", "document", "animation")  # into another file, as texts are
IN_DOCUMENT = "lesson"  # the id of its file there
LISTED_AS = {"photo": "photo", "video": "video", "audio": "audio", "voice": "audio"}


async def show_page(
    query: CallbackQuery, page: LessonPage, keyboard: InlineKeyboardMarkup, request: Request, *, here: bool
) -> list[Method]:
    """`here`: in place of the message whose button was pressed, else below."""
    old = pressed(query) if here else None
    place = old if old and bool(old.has_protected_content) == page.protect_content else None
    file = (page.media_kind, page.media) if page.media_kind and page.media else None
    shown = document(query, page, keyboard, place) if page.format == Format.RICH else None
    if file is not None and (known := await file_id(request, *file)) is not None:
        file = (file[0], known)
    instead = classic(query, page, keyboard, file, place)
    if shown is not None and request.context.rich.takes(html_of(shown)):
        shown.instead = [*instead, *without(query, instead, old)]
        return [shown, *without(query, [shown], old), *without_parts(query, request, here=here)]
    return [*instead, *without(query, instead, old), *without_parts(query, request, here=here)]


def show_text(
    query: CallbackQuery, text: Text, keyboard: InlineKeyboardMarkup, request: Request
) -> list[Method]:
    """In place of the lesson whose button was pressed."""
    old = pressed(query)
    edited = old is not None and not is_file(old) and not old.has_protected_content
    shown = edit_text(old, str(text), keyboard) if old and edited else say(query, text, keyboard)
    return [shown, *without(query, [shown], old), *without_parts(query, request, here=True)]


def pressed(query: CallbackQuery) -> Message | None:
    """The message whose button was pressed, where it is of a kind that shows lessons."""
    message = query.message
    if not isinstance(message, Message):
        return None
    return message if message.text or message.rich_message or is_file(message) else None


def is_file(message: Message) -> bool:
    return any(getattr(message, kind) for kind in (*EDITABLE, "voice"))


def edit_text(place: Message, text: str, keyboard: InlineKeyboardMarkup) -> messages.TextLessonEdit:
    return messages.TextLessonEdit(
        chat_id=place.chat.id,
        message_id=place.message_id,
        text=text,
        reply_markup=keyboard,
        protect_content=place.has_protected_content,
    )


def document(
    query: CallbackQuery, page: LessonPage, keyboard: InlineKeyboardMarkup, place: Message | None
) -> messages.RichLesson | messages.RichLessonEdit | None:
    """The lesson as one rich message; None where it does not fit into one."""
    has_file = page.media is not None
    if page.media_kind == "document" or rich_problems(page.text, page.markup, has_file=has_file):
        return None
    block, listed = "", None
    if page.media and page.media_kind:
        kind, is_address = page.media_kind, page.media.startswith(messages.ADDRESS)
        block = rich.media(kind, page.media if is_address else f"tg://{LISTED_AS[kind]}?id={IN_DOCUMENT}")
        listed = None if is_address else [listed_file(kind, page.media)]
    message = InputRichMessage(html=words.document(page, block), media=listed)
    if place is not None and not is_file(place):
        return messages.RichLessonEdit(
            chat_id=place.chat.id,
            message_id=place.message_id,
            rich_message=message,
            reply_markup=keyboard,
            protect_content=page.protect_content or None,
        )
    return messages.RichLesson(
        chat_id=query.from_user.id,
        rich_message=message,
        reply_markup=keyboard,
        protect_content=page.protect_content or None,
    )


def listed_file(kind: str, file: str) -> InputRichMessageMedia:
    media = {"type": "voice_note" if kind == "voice" else kind, "media": file}
    return InputRichMessageMedia.model_validate({"id": IN_DOCUMENT, "media": media})


def html_of(shown: messages.RichLesson | messages.RichLessonEdit) -> str:
    assert shown.rich_message is not None  # made so
    return shown.rich_message.html or ""


def classic(
    query: CallbackQuery,
    page: LessonPage,
    keyboard: InlineKeyboardMarkup,
    file: tuple[str, str] | None,
    place: Message | None,
) -> list[Method]:
    """As many messages as it takes; one of them edits the one that was pressed where one is enough."""
    text = words.lesson(page)
    if file is not None and len(pages(text, MAX_CAPTION)) == 1:
        alone = classic(query, page, keyboard, None, place)
        return [with_caption(query, page, text, keyboard, file, place, alone)]
    parts = pages(text, MAX_TEXT)
    if file is None and len(parts) == 1 and place is not None and not is_file(place):
        return [edit_text(place, text, keyboard)]
    chat_id, protect = query.from_user.id, page.protect_content or None
    before: list[Method] = [messages.send_file(chat_id, *file, protect_content=protect)] if file else []
    *first, last = parts
    before += [
        messages.LastPart(chat_id=chat_id, text=one, protect_content=protect, count=0) for one in first
    ]
    shown = messages.LastPart(
        chat_id=chat_id, text=last, protect_content=protect, reply_markup=keyboard, count=len(before) + 1
    )
    return [*before, shown]


def with_caption(
    query: CallbackQuery,
    page: LessonPage,
    text: str,
    keyboard: InlineKeyboardMarkup,
    file: tuple[str, str],
    place: Message | None,
    alone: list[Method],
) -> Method:
    """`alone`: the text, which is sent where Telegram refuses the file."""
    kind, source = file
    if place is not None and kind in messages.INPUTS and not place.voice:
        media = messages.INPUTS[kind](media=source, caption=text)
        return messages.FileLessonEdit(
            chat_id=place.chat.id,
            message_id=place.message_id,
            media=media,
            reply_markup=keyboard,
            protect_content=page.protect_content or None,
            instead=alone,
        )
    protect = page.protect_content or None
    more = {"caption": text, "reply_markup": keyboard, "protect_content": protect, "instead": alone}
    return messages.send_file(query.from_user.id, kind, source, **more)


def without(query: CallbackQuery, shown: Sequence[Method], place: Message | None) -> list[Method]:
    """The message that was pressed goes, unless it was edited."""
    if place is None or any(isinstance(one, EditMessageText | EditMessageMedia) for one in shown):
        return []
    return [DeleteMessages(chat_id=query.from_user.id, message_ids=[place.message_id])]


def without_parts(query: CallbackQuery, request: Request, *, here: bool) -> list[Method]:
    """The messages above the one that was pressed, where a lesson took several."""
    *above, last = request.person.lesson_ids or [0]
    if not here or not above or query.message is None or query.message.message_id != last:
        return []
    return [DeleteMessages(chat_id=query.from_user.id, message_ids=above)]


async def file_id(request: Request, kind: str, source: str) -> str | None:
    """Telegram's id of a file that was sent from its address before."""
    if not source.startswith(messages.ADDRESS):
        return None
    return await get_file_id(request.session, request.context.bot.id, kind, source)
