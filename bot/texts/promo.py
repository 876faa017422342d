"""Wording of promo codes."""

from bot.texts import _


def ask() -> str:
    return _("Send me the promo code as a message. /cancel stops this.")


def text_please() -> str:
    return _("A promo code is a word: please send it as text. /cancel stops this.")
