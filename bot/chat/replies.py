"""What handlers return: methods, sent in order after the commit."""

from collections.abc import Sequence
from typing import Any

from aiogram import methods
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message
from pydantic import ValidationError

from bot.chat import Text
from bot.chat.keyboards import rows
from bot.chat.markup import pages

Method = methods.TelegramMethod[Any]
Reply = Method | Sequence[Method | None] | None  # what a handler returns; None says nothing
KEYBOARD = "unread_reply_markup"  # the extra of a pressed button's message that has its keyboard, as JSON
MAX_TEXT = 4096  # characters of a message, after entities
MEDIA: dict[str, type[Method]] = {
    "photo": methods.SendPhoto,
    "video": methods.SendVideo,
    "audio": methods.SendAudio,
    "voice": methods.SendVoice,
    "document": methods.SendDocument,
}


def as_list(reply: Reply) -> list[Method]:
    if reply is None:
        return []
    if isinstance(reply, methods.TelegramMethod):
        return [reply]
    return [method for method in reply if method is not None]


def say(event: Message | CallbackQuery, text: Text, keyboard: Any = None) -> methods.SendMessage:
    """A new message to the person who acted."""
    user = event.from_user
    assert user is not None  # processor lets nothing else in
    return methods.SendMessage(chat_id=user.id, text=str(text), reply_markup=keyboard)


def show(
    event: Message | CallbackQuery, text: Text, keyboard: InlineKeyboardMarkup | None = None
) -> methods.SendMessage | methods.EditMessageText:
    """In place of the message whose button was pressed, or as a new one."""
    return place(event, in_place(event), text, keyboard)


def place(
    event: Message | CallbackQuery, message_id: int | None, text: Text, keyboard: InlineKeyboardMarkup | None
) -> methods.EditMessageText | methods.SendMessage:
    """In that message, or, where it is None, in a new one."""
    new = say(event, text, keyboard)
    if message_id is None:
        return new
    return methods.EditMessageText(
        chat_id=new.chat_id, message_id=message_id, text=new.text, reply_markup=keyboard
    )


def in_place(event: Message | CallbackQuery) -> int | None:
    """The message that `show` edits; None where it sends a new one."""
    message = event.message if isinstance(event, CallbackQuery) else None
    if isinstance(message, Message) and (message.text or message.rich_message):
        return message.message_id
    return None


def without_buttons(chat_id: int, message_id: int) -> methods.EditMessageReplyMarkup:
    return methods.EditMessageReplyMarkup(chat_id=chat_id, message_id=message_id)


def without_pressed(query: CallbackQuery) -> list[Method]:
    """The message loses the button that has been pressed, and keeps the others."""
    message = query.message
    if not isinstance(message, Message):
        return []
    try:
        shown = InlineKeyboardMarkup.model_validate((message.model_extra or {}).get(KEYBOARD))
    except ValidationError:
        return []
    kept = rows(
        *([button for button in row if button.callback_data != query.data] for row in shown.inline_keyboard)
    )
    return [
        methods.EditMessageReplyMarkup(
            chat_id=message.chat.id, message_id=message.message_id, reply_markup=kept
        )
    ]


class JobAnswers(methods.AnswerCallbackQuery):
    """Not sent: a job answers the pressed button, once it knows what to say."""


def typing(event: Message | CallbackQuery) -> methods.SendChatAction:
    """What takes a moment is under way."""
    assert event.from_user is not None  # processor lets nothing else in
    return methods.SendChatAction(chat_id=event.from_user.id, action="typing")


class Redraw(methods.EditMessageText):
    """Of a message that need not be there any more: where it is gone, nothing is sent in its place."""


def toast(query: CallbackQuery, text: Text, *, alert: bool = False) -> methods.AnswerCallbackQuery:
    return methods.AnswerCallbackQuery(callback_query_id=query.id, text=str(text), show_alert=alert)


def show_or_say(
    event: Message | CallbackQuery, html: Text, keyboard: InlineKeyboardMarkup | None = None
) -> methods.SendMessage | methods.EditMessageText:
    """In place of the message whose button was pressed where one is enough; the sender splits a longer text."""
    written = str(html)
    fits = 2 * len(written) <= MAX_TEXT or len(pages(written, MAX_TEXT)) == 1  # two units a sign at the most
    return show(event, html, keyboard) if fits else say(event, html, keyboard)
