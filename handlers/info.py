"""What anyone may do: read /help, /terms, /privacy, /paysupport; choose the /language; /cancel any question."""

from functools import cache

from aiogram import F, Router
from aiogram.fsm.context import FSMContext
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message, ReplyKeyboardRemove

from bot.chat.buttons import CheckPayment, ChooseLanguage, Register
from bot.chat.commands import (
    ADMIN,
    CANCEL,
    COURSES,
    HELP,
    LANGUAGE,
    LESSONS,
    PAYSUPPORT,
    PRIVACY,
    PROFILE,
    PROGRESS,
    PROMO,
    PURCHASES,
    START,
    STATUS,
    TERMS,
    Audience,
    Command,
    for_audience,
)
from bot.chat.keyboards import go, in_rows, press, rows
from bot.chat.replies import Reply, say, show
from bot.chat.rights import Rights, may, rights_of
from bot.chat.support_buttons import WriteToSchool
from bot.context import AppContext, Request
from bot.texts import LANGUAGES, language
from bot.texts import home as home_words
from bot.texts import info as words
from bot.texts import support as support_words
from bot.texts.accounts import profile as account_words
from bot.texts.accounts import registration
from bot.texts.commands import about
from bot.texts.payments import orders as order_words
from db.chats import Person
from db.jobs import SetMenuJob
from db.payments import orders
from db.queue import enqueue
from handlers.filters import goes_to, is_

router = Router(name="info")


@router.message(is_(HELP))
@router.callback_query(goes_to(HELP))
async def help_(event: Message | CallbackQuery, person: Person, context: AppContext) -> Reply:
    audience, rights = audience_of(person, context), rights_of(person, context.settings)
    return say(event, *_help(language(), audience, rights, person.account is not None))


@cache
def _help(
    _language: str, audience: Audience, rights: Rights, registered: bool
) -> tuple[str, InlineKeyboardMarkup]:
    """The same for everybody who may do the same, and long."""
    commands = for_audience(audience, rights)
    return words.help_(commands, registered), doors(audience, registered)


def audience_of(person: Person, context: AppContext) -> Audience:
    if may(person, context.settings):
        return Audience.ADMIN
    return Audience.ANYONE if person.account is None else Audience.LEARNER


def doors(audience: Audience, registered: bool) -> InlineKeyboardMarkup:
    """The places people go to most."""
    places: tuple[Command, ...] = (COURSES,)
    if registered:
        places = (COURSES, LESSONS, STATUS, PROGRESS, PROMO, PURCHASES, PROFILE)
    buttons = [go(words.DOORS[place.name], place) for place in places]
    return rows(
        None if registered else press(registration.REGISTER, Register()),
        *in_rows(buttons, 2),
        go(words.ASK_LANGUAGE, LANGUAGE),
        go(about(ADMIN), ADMIN) if audience is Audience.ADMIN else None,
    )


@router.message(is_(TERMS))
@router.callback_query(goes_to(TERMS))
async def terms(event: Message | CallbackQuery, context: AppContext) -> Reply:
    settings = context.settings
    return say(event, words.document(about(TERMS), settings.terms_url, settings.terms_version))


@router.message(is_(PRIVACY))
@router.callback_query(goes_to(PRIVACY))
async def privacy(event: Message | CallbackQuery, context: AppContext) -> Reply:
    settings = context.settings
    return say(event, words.document(about(PRIVACY), settings.privacy_url, settings.terms_version))


@router.message(is_(PAYSUPPORT))
@router.callback_query(goes_to(PAYSUPPORT))
async def paysupport(event: Message | CallbackQuery, request: Request) -> Reply:
    """With the button that asks for the open order's payment, where there is one."""
    person, settings = request.person, request.context.settings
    order = await orders.get_open_order(request.session, person.user_id) if person.signed_in else None
    check = press(order_words.CHECK, CheckPayment(purchase=order)) if order is not None else None
    text = words.paysupport(settings.support_contact, check is not None)
    write = press(support_words.WRITE, WriteToSchool()) if settings.admin_ids else None
    return say(event, text, rows(check, go(account_words.PAYMENTS, PURCHASES), write))


@router.message(is_(CANCEL))
@router.callback_query(goes_to(CANCEL))
async def cancel(event: Message | CallbackQuery, state: FSMContext) -> Reply:
    """Also takes away the keys below the input that a question may have brought."""
    if await state.get_state() is None:
        return say(event, words.NOTHING_TO_STOP)
    await state.clear()
    return say(event, words.STOPPED, ReplyKeyboardRemove())


@router.message(is_(LANGUAGE))
@router.callback_query(goes_to(LANGUAGE))
async def ask_language(event: Message | CallbackQuery, person: Person, context: AppContext) -> Reply:
    spoken = context.localizer.language(person.language, person.telegram_language)
    return show(event, words.ASK_LANGUAGE, languages_keyboard(spoken))


@router.callback_query(ChooseLanguage.filter(F.language.in_(LANGUAGES)))
async def choose_language(query: CallbackQuery, callback_data: ChooseLanguage, request: Request) -> Reply:
    """The answer is in the new language already; the command menu follows by a job."""
    person = request.person
    person.language, person.changed = callback_data.language, True
    await enqueue(request.session, SetMenuJob(telegram_id=person.telegram_id))
    with request.context.localizer.use_locale(callback_data.language):
        return show(query, words.LANGUAGE_CHOSEN, languages_keyboard(callback_data.language))


def languages_keyboard(spoken: str) -> InlineKeyboardMarkup:
    return rows(
        [press(words.language_button(one, spoken), ChooseLanguage(language=one)) for one in LANGUAGES],
        go(home_words.HOME, START),
    )
