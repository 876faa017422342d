"""Long lists, a page at a time."""

from collections.abc import Callable
from dataclasses import dataclass

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton

from bot.chat import Text
from bot.chat.keyboards import press


@dataclass(frozen=True, slots=True)
class Page:
    """Where one is in a list of `total`; a page that is no longer there becomes the last one."""

    page: int
    total: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def number(self) -> int:
        return min(max(self.page, 0), self.pages - 1)

    @property
    def skip(self) -> int:
        return self.number * self.size

    @property
    def slice(self) -> slice:
        """What of a whole list stands on this page."""
        return slice(self.skip, self.skip + self.size)

    def navigation_buttons(
        self, to: Callable[[int], CallbackData], back: Text = "◀️", on: Text = "▶️"
    ) -> list[InlineKeyboardButton]:
        """Buttons to the page before and the page after, as far as they are there."""
        before = [press(back, to(self.number - 1))] if self.number > 0 else []
        return before + ([press(on, to(self.number + 1))] if self.number < self.pages - 1 else [])
