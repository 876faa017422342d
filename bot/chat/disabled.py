"""Buttons that do nothing, where the Bot API server has such (docs/facts.md#disabled-buttons); elsewhere they are
pressed."""

from aiogram import types
from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup
from pydantic import Field

from bot.chat import Text
from bot.chat.replies import Method

REFUSED = "text buttons are unallowed"  # by a server that does not know what makes it more than a text


class GreyButton(InlineKeyboardButton):
    """`data`: what it does where it can be pressed."""

    data: str = Field(exclude=True)


def disabled(text: Text, data: CallbackData) -> InlineKeyboardButton:
    """Why it is, the message has to say: nobody can press it to ask."""
    return GreyButton(text=str(text), disabled=types.DisabledButton(), data=data.pack())


def as_pressed(method: Method) -> Method | None:
    """The same with buttons that can be pressed; None where it has no disabled ones."""
    keyboard = getattr(method, "reply_markup", None)
    keys = keyboard.inline_keyboard if isinstance(keyboard, InlineKeyboardMarkup) else []
    if not any(isinstance(key, GreyButton) for row in keys for key in row):
        return None
    made = [[_as_pressed(key) for key in row] for row in keys]
    return method.model_copy(update={"reply_markup": InlineKeyboardMarkup(inline_keyboard=made)})


def _as_pressed(key: InlineKeyboardButton) -> InlineKeyboardButton:
    if not isinstance(key, GreyButton):
        return key
    return InlineKeyboardButton(text=key.text, callback_data=key.data)
