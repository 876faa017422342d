"""Keyboards that more than one capability uses. Wording comes from `bot.texts`."""

from collections.abc import Sequence
from functools import cache, lru_cache

from aiogram.filters.callback_data import CallbackData
from aiogram.types import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
)

from bot.chat import Text
from bot.chat.buttons import Go, GoBelow
from bot.chat.commands import Command

Row = Sequence[InlineKeyboardButton]


def press(text: Text, data: CallbackData) -> InlineKeyboardButton:
    return _button(str(text), data.pack())


@lru_cache(maxsize=4096)
def _button(text: str, data: str) -> InlineKeyboardButton:
    """Most are the same for everybody, and nobody changes one."""
    return InlineKeyboardButton(text=text, callback_data=data)


def open_url(text: Text, url: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=str(text), url=url)


def go(text: Text, command: Command) -> InlineKeyboardButton:
    return _button(str(text), _place(command))


@cache
def _place(command: Command) -> str:
    return Go(command=command.name).pack()


def go_below(text: Text, command: Command) -> InlineKeyboardButton:
    """Under news, which is to stay."""
    return press(text, GoBelow(command=command.name))


def rows(*buttons: Row | InlineKeyboardButton | None) -> InlineKeyboardMarkup:
    """Each argument is a row: one button or several."""
    made = [
        [row] if isinstance(row, InlineKeyboardButton) else list(row) for row in buttons if row is not None
    ]
    return InlineKeyboardMarkup(inline_keyboard=[row for row in made if row])


def in_rows(buttons: Row, columns: int) -> list[Row]:
    return [buttons[at : at + columns] for at in range(0, len(buttons), columns)]


def share_phone(share: Text, skip: Text) -> ReplyKeyboardMarkup:
    return ReplyKeyboardMarkup(
        keyboard=[[KeyboardButton(text=str(share), request_contact=True)], [KeyboardButton(text=str(skip))]],
        resize_keyboard=True,
        one_time_keyboard=True,
    )
