"""News of money and access, by name: what the job `tell` says. Facts come as JSON knows them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiogram.types import InlineKeyboardMarkup

from bot.buttons import ShowLessons
from bot.commands import STATUS
from bot.keyboards import go, press, rows
from bot.words import _
from bot.words.format import days as in_days
from bot.words.format import safe, until


@dataclass(frozen=True, slots=True)
class News:
    text: str
    keyboard: InlineKeyboardMarkup | None = None


ALL: dict[str, Callable[..., News]] = {}


def news(function: Callable[..., News]) -> Callable[..., News]:
    ALL[function.__name__] = function
    return function


def opened_until(ends_at: str | None) -> str:
    return until(datetime.fromisoformat(ends_at) if ends_at else None)


def to_lessons(module_id: int) -> InlineKeyboardMarkup:
    return rows(press(_("📚 To the lessons"), ShowLessons(module=module_id)), go(_("My access"), STATUS))


@news
def promo_redeemed(
    code: str, product: str, module: str, module_id: int, days: int, ends_at: str | None
) -> News:
    text = _(
        "🎉 The promo code <b>{code}</b> is accepted: {days} of “{product}”.\nThe module “{module}” is open {until}."
    ).format(
        code=safe(code),
        days=in_days(days),
        product=safe(product),
        module=safe(module),
        until=opened_until(ends_at),
    )
    return News(text, to_lessons(module_id))
