"""No message of ours exceeds Telegram's limits, whatever a row holds: it is split or cut before it is sent.

Texts are counted as Telegram counts them: UTF-16 units of what is shown, without the markup.
"""

from typing import Any

from aiogram import methods
from aiogram.types import InlineKeyboardMarkup

from bot.chat.markup import MarkupError, pages
from bot.chat.replies import MAX_TEXT, Method

MAX_CAPTION = 1024
MAX_TOAST = 200
MAX_BUTTONS = 100  # nobody documents how many: docs/facts.md#unconfirmed
CUT = "…"


def fit(method: Method) -> list[Method]:
    """The method, or as many as it takes: only the last one has the keyboard."""
    method = _fit_keyboard(method)
    if isinstance(method, methods.SendMessage):
        *before, last = _pages(method.text, MAX_TEXT)
        plain = [method.model_copy(update={"text": text, "reply_markup": None}) for text in before]
        return [*plain, method if not before else method.model_copy(update={"text": last})]
    return [fit_one(method)]


def fit_one(method: Method) -> Method:
    """The method, cut where it is too long."""
    method = _fit_keyboard(method)
    if isinstance(method, methods.AnswerCallbackQuery):
        return _replace(method, "text", lambda text: text[:MAX_TOAST])
    if isinstance(method, methods.SendMessage | methods.EditMessageText):
        return _replace(method, "text", lambda text: shorten(text, MAX_TEXT))
    return _replace(method, "caption", lambda text: shorten(text, MAX_CAPTION))


def _replace(method: Method, field: str, change: Any) -> Method:
    text = getattr(method, field, None)
    if not isinstance(text, str) or (short := change(text)) == text:
        return method
    return method.model_copy(update={field: short})


def fits(text: str) -> bool:
    """As one message."""
    return len(_pages(text, MAX_TEXT)) == 1


def shorten(text: str, limit: int) -> str:
    """Cut where it is longer, in UTF-16 units of what is shown."""
    first, *rest = _pages(text, limit)
    return first if not rest else _pages(text, limit - len(CUT))[0] + CUT


def _pages(text: str, limit: int) -> list[str]:
    """Of a text that Telegram would refuse for its markup, too: it says so then, and the person is told."""
    if 2 * len(text) <= limit:
        return [text]
    try:
        return pages(text, limit) or [text]
    except MarkupError:
        return [text]


def _fit_keyboard(method: Method) -> Method:
    markup = getattr(method, "reply_markup", None)
    if not isinstance(markup, InlineKeyboardMarkup) or sum(map(len, markup.inline_keyboard)) <= MAX_BUTTONS:
        return method
    kept, left = [], MAX_BUTTONS
    for row in markup.inline_keyboard:
        if len(row) > left:
            break
        kept.append(row)
        left -= len(row)
    return method.model_copy(update={"reply_markup": InlineKeyboardMarkup(inline_keyboard=kept)})
