"""Wording of the choice of language. Languages are called by their own names, whoever reads them."""

from bot.texts import _

NAMES = {"ru": "Русский", "en": "English"}


def name(language: str) -> str:
    return NAMES[language]


def button(language: str, chosen: str) -> str:
    return f"✅ {NAMES[language]}" if language == chosen else NAMES[language]


def ask() -> str:
    return "🌐 Язык / Language"


def chosen() -> str:
    return _("I speak English with you now.")
