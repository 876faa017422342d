"""A refusal is no dead end: under it stand the places where one can go on."""

from collections.abc import Mapping

from aiogram.methods import SendMessage
from aiogram.types import InlineKeyboardMarkup

from bot.chat import Text
from bot.chat.commands import BUY, COURSES, LESSONS, PROMO, PURCHASES, Command
from bot.chat.keyboards import go, rows
from bot.texts import errors
from bot.texts import home as words
from bot.texts.commands import ABOUT
from db.errors import (
    LessonLocked,
    LessonUnknown,
    MethodNotOffered,
    OfferGone,
    PromoUnknown,
    PromoUsedByYou,
    PromoUsedUp,
    PurchaseUnknown,
    Refused,
)
from db.lessons.unlocking import LessonWaits
from db.promo import PromoOff

TO_COURSES = (ABOUT[COURSES.name], COURSES)
TO_BUY, TO_LESSONS, TO_CODE = (words.BUY, BUY), (words.MY_COURSES, LESSONS), (words.PROMO, PROMO)
TO_PURCHASES = (ABOUT[PURCHASES.name], PURCHASES)
WAYS_ON: Mapping[type[Refused], tuple[tuple[Text, Command], ...]] = {
    LessonLocked: (TO_BUY, TO_CODE),
    LessonUnknown: (TO_LESSONS,),
    LessonWaits: (TO_LESSONS,),
    MethodNotOffered: (TO_BUY,),
    OfferGone: (TO_COURSES,),
    PromoUnknown: (TO_CODE, TO_COURSES),
    PromoUsedByYou: (TO_LESSONS,),
    PromoOff: (TO_COURSES,),
    PromoUsedUp: (TO_COURSES,),
    PurchaseUnknown: (TO_PURCHASES,),
}


def refusal(telegram_id: int, refused: Refused) -> SendMessage:
    """In the language in use."""
    return SendMessage(chat_id=telegram_id, text=errors.say(refused), reply_markup=ways_on(refused))


def ways_on(refused: Refused) -> InlineKeyboardMarkup | None:
    found = WAYS_ON.get(type(refused), ())
    return rows([go(label, command) for label, command in found]) if found else None
