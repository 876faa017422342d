"""/language: Russian or English, for anyone."""

from typing import Any

from aiogram import F, Router
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.buttons import ChooseLanguage, Go
from bot.commands import LANGUAGE
from bot.desk import Desk
from bot.filters import is_
from bot.keyboards import press, rows
from bot.replies import say, show
from bot.words import LANGUAGES
from bot.words import languages as words
from db.chats import Person

router = Router(name="language")


@router.message(is_(LANGUAGE))
@router.callback_query(Go.filter(F.command == LANGUAGE.name))
async def ask(event: Message | CallbackQuery, person: Person, desk: Desk) -> Any:
    spoken = desk.voice.language(person.language, person.telegram_language)
    return say(event, words.ask(), keyboard(spoken))


@router.callback_query(ChooseLanguage.filter(F.language.in_(LANGUAGES)))
async def choose(query: CallbackQuery, callback_data: ChooseLanguage, person: Person, desk: Desk) -> Any:
    """The answer is in the new language already."""
    person.language = callback_data.language
    person.changed = True
    with desk.voice.speaking(callback_data.language):
        return show(query, words.chosen(), keyboard(callback_data.language))


def keyboard(spoken: str) -> InlineKeyboardMarkup:
    return rows(
        [press(words.button(language, spoken), ChooseLanguage(language=language)) for language in LANGUAGES]
    )
