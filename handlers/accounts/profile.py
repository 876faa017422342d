"""One's own account: /profile."""

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from bot.chat.buttons import Go, ShowContact
from bot.chat.commands import DEVICES, LANGUAGE, LOGOUT, MYDATA, PROFILE, PURCHASES, START
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import Reply, show
from bot.context import Request
from bot.texts import home as home_words
from bot.texts import info as info_words
from bot.texts.accounts import contacts as contact_words
from bot.texts.accounts import devices as device_words
from bot.texts.accounts import my_data as my_data_words
from bot.texts.accounts import profile as words
from db.accounts import people
from handlers.filters import SignedIn, is_

router = Router(name="account")
router.message.filter(SignedIn())
router.callback_query.filter(SignedIn())


@router.message(is_(PROFILE))
@router.callback_query(Go.filter(F.command == PROFILE.name))
async def profile(event: Message | CallbackQuery, request: Request) -> Reply:
    session, person, context = request.session, request.person, request.context
    who = await people.get_account_summary(session, person.user_id)
    language = context.localizer.language(person.language, person.telegram_language)
    keyboard = rows(
        (
            press(contact_words.EMAIL, ShowContact(kind="email")),
            press(contact_words.PHONE, ShowContact(kind="phone")),
        ),
        (go(device_words.DEVICES, DEVICES), go(words.LANGUAGE, LANGUAGE)),
        go(words.PAYMENTS, PURCHASES),
        (go(my_data_words.MY_DATA, MYDATA), go(device_words.LOGOUT, LOGOUT)),
        go(home_words.HOME, START),
    )
    return show(event, words.profile(who, info_words.LANGUAGE_NAMES[language]), keyboard)
