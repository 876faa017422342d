"""Long lists, a page at a time."""

from collections.abc import Callable
from dataclasses import dataclass

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton

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

    def navigation_buttons(self, to: Callable[[int], CallbackData]) -> list[InlineKeyboardButton]:
        """Buttons to the page before and the page after, as far as they are there."""
        found = []
        if self.number > 0:
            found.append(press("◀️", to(self.number - 1)))
        if self.number < self.pages - 1:
            found.append(press("▶️", to(self.number + 1)))
        return found
