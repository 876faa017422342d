"""What handlers return: methods, sent in order after the commit."""

from datetime import datetime
from typing import Any

from aiogram.methods import AnswerCallbackQuery, EditMessageText, SendMessage
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

MOST = 4096  # characters of a message, after entities


def say(event: Message | CallbackQuery, text: str, keyboard: Any = None) -> SendMessage:
    """A new message to the person who acted."""
    user = event.from_user
    assert user is not None  # intake lets nothing else in
    return SendMessage(chat_id=user.id, text=text, reply_markup=keyboard)


def show(
    event: Message | CallbackQuery, text: str, keyboard: InlineKeyboardMarkup | None = None
) -> SendMessage | EditMessageText:
    """In place of the message whose button was pressed, or as a new one."""
    if isinstance(event, CallbackQuery) and isinstance(event.message, Message) and event.message.text:
        return EditMessageText(
            chat_id=event.message.chat.id,
            message_id=event.message.message_id,
            text=text,
            reply_markup=keyboard,
        )
    return say(event, text, keyboard)


def toast(query: CallbackQuery, text: str, *, alert: bool = False) -> AnswerCallbackQuery:
    """Telegram takes 200 characters."""
    return AnswerCallbackQuery(callback_query_id=query.id, text=text[:200], show_alert=alert)


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
