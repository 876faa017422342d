"""How an event is shown."""

from dataclasses import dataclass

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.buttons import ShowLessons
from bot.chat.commands import STATUS
from bot.chat.keyboards import go_below, press, rows
from bot.texts import _


@dataclass(frozen=True, slots=True)
class Notification:
    """`text` is HTML. `above`: what the replaced message says from now on where the news is a message below it: where
    something stands below that already, or in any case (`anew`)."""

    text: str
    keyboard: InlineKeyboardMarkup | None = None
    above: str | None = None
    anew: bool = False


def to_lessons(module_id: int, on: InlineKeyboardButton | None = None) -> InlineKeyboardMarkup:
    """`on`: what to go on with, where that is known better."""
    on = on or press(_("▶️ To the lessons"), ShowLessons(module=module_id))
    return rows(on, go_below(_("My access"), STATUS))
