"""One's own account: /profile."""

from functools import cache

from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.chat import commands
from bot.chat.buttons import MailNews, ShowContact
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import Reply, as_list, show, toast
from bot.context import Request
from bot.texts import home as home_words
from bot.texts import info as info_words
from bot.texts import language as spoken
from bot.texts import mail as mail_words
from bot.texts.accounts import connect as connect_words
from bot.texts.accounts import contacts as contact_words
from bot.texts.accounts import deleting as deletion_words
from bot.texts.accounts import devices as device_words
from bot.texts.accounts import my_data as my_data_words
from bot.texts.accounts import profile as words
from db import mail
from db.accounts import people
from handlers.dispatching import AHEAD
from handlers.filters import SignedIn, goes_to, is_, router_for
from handlers.mail import news_button

router = router_for("account", SignedIn())


@router.callback_query(MailNews.filter())
async def set_mail_news(query: CallbackQuery, callback_data: MailNews, request: Request) -> Reply:
    await mail.set_subscription(
        request.session, request.person.user_id, wanted=callback_data.on, now=request.now
    )
    done = mail_words.SUBSCRIBED if callback_data.on else mail_words.UNSUBSCRIBED
    return [toast(query, done), *as_list(await profile(query, request))]


@router.message(is_(commands.PROFILE), flags={AHEAD: lambda _: people.SUMMARY_AHEAD})
@router.callback_query(goes_to(commands.PROFILE), flags={AHEAD: lambda _: people.SUMMARY_AHEAD})
async def profile(event: Message | CallbackQuery, request: Request) -> Reply:
    session, person, context = request.session, request.person, request.context
    who = await people.get_account_summary(session, person.user_id)
    language = context.localizer.language(person.language, person.telegram_language)
    news = await news_button(request)
    keyboard = _keyboard(news) if news else _without_news(spoken())
    return show(event, words.profile(who, info_words.LANGUAGE_NAMES[language]), keyboard)


@cache
def _without_news(_language: str) -> InlineKeyboardMarkup:
    return _keyboard(None)


def _keyboard(news: InlineKeyboardButton | None) -> InlineKeyboardMarkup:
    return rows(
        (
            press(contact_words.EMAIL, ShowContact(kind="email")),
            press(contact_words.PHONE, ShowContact(kind="phone")),
        ),
        go(connect_words.SCHOOL_ACCOUNT, commands.CONNECT),
        (go(words.PAYMENTS, commands.PURCHASES), go(words.REMINDERS, commands.REMINDERS)),
        news,
        go(device_words.DEVICES, commands.DEVICES),
        (go(words.LANGUAGE, commands.LANGUAGE), go(my_data_words.MY_DATA, commands.MYDATA)),
        go(device_words.LOGOUT, commands.LOGOUT),
        go(deletion_words.DELETE, commands.DELETE),
        go(home_words.HOME, commands.START),
    )
