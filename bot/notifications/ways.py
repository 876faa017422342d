"""Buttons for ways to pay: below a course's terms, below a decline, below an order that takes long."""

from collections.abc import Iterable

from aiogram.types import InlineKeyboardButton

from bot.chat.buttons import Pay, ShowOffer
from bot.chat.keyboards import press
from bot.texts import shop as words
from db.payments.methods import PaymentMethod, Way


def way_buttons(ways: Iterable[Way]) -> list[InlineKeyboardButton]:
    return [way_button(way, words.pay_with(way)) for way in ways]


def way_button(way: Way, text: str) -> InlineKeyboardButton:
    """A link is made by opening the terms' screen; any other way is an invoice, sent at once."""
    if way.method is PaymentMethod.LINK:
        return press(text, ShowOffer(id=way.offer_id))
    return press(text, Pay(offer=way.offer_id, method=way.method))
