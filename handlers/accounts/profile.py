"""One's own account: /profile, /devices with a button to end each session, /logout."""

from datetime import datetime

from aiogram import F, Router
from aiogram.fsm.context import FSMContext
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import EndSession, Go, ShowContact, ShowDevices, SignIn
from bot.chat.commands import DEVICES, LANGUAGE, LOGOUT, PROFILE, PURCHASES, START
from bot.chat.keyboards import go, in_rows, press, rows
from bot.chat.paging import Page
from bot.chat.replies import Reply, say, show, toast
from bot.context import Request
from bot.texts import home as home_words
from bot.texts import info as info_words
from bot.texts.accounts import contacts as contact_words
from bot.texts.accounts import profile as words
from bot.texts.accounts import registration as registration_words
from db.accounts import people, registration, sessions
from db.chats import Person
from handlers.filters import SignedIn, is_

SESSIONS_A_PAGE = 8

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
        (go(words.DEVICES, DEVICES), go(words.LANGUAGE, LANGUAGE)),
        go(words.PAYMENTS, PURCHASES),
        go(words.LOGOUT, LOGOUT),
        go(home_words.HOME, START),
    )
    return show(event, words.profile(who, info_words.LANGUAGE_NAMES[language]), keyboard)


@router.message(is_(DEVICES))
@router.callback_query(Go.filter(F.command == DEVICES.name))
async def list_devices(
    event: Message | CallbackQuery, session: AsyncSession, person: Person, now: datetime
) -> Reply:
    return show(event, *await devices_page(session, person, 0, now))


@router.callback_query(ShowDevices.filter())
async def turn_devices(
    query: CallbackQuery, callback_data: ShowDevices, session: AsyncSession, person: Person, now: datetime
) -> Reply:
    return show(query, *await devices_page(session, person, callback_data.page, now))


@router.callback_query(EndSession.filter())
async def end_session(
    query: CallbackQuery,
    callback_data: EndSession,
    session: AsyncSession,
    person: Person,
    state: FSMContext,
    now: datetime,
) -> Reply:
    """Ending a session of this chat's own device is signing out."""
    device_id = await sessions.end_session(session, person.user_id, callback_data.session, now)
    if device_id == person.device_id:
        return await end_here(query, session, person, state, now)
    return [toast(query, words.ENDED), show(query, *await devices_page(session, person, 0, now))]


@router.message(is_(LOGOUT))
@router.callback_query(Go.filter(F.command == LOGOUT.name))
async def sign_out(
    event: Message | CallbackQuery, session: AsyncSession, person: Person, state: FSMContext, now: datetime
) -> Reply:
    return await end_here(event, session, person, state, now)


async def end_here(
    event: Message | CallbackQuery, session: AsyncSession, person: Person, state: FSMContext, now: datetime
) -> Reply:
    await state.clear()
    await registration.sign_out(session, person.user_id, person.telegram_id, now)
    return say(event, words.SIGNED_OUT, rows(press(registration_words.SIGN_IN, SignIn())))


async def devices_page(
    session: AsyncSession, person: Person, page: int, now: datetime
) -> tuple[str, InlineKeyboardMarkup]:
    place = Page(page, await sessions.count_sessions(session, person.user_id, now), SESSIONS_A_PAGE)
    found = await sessions.list_sessions(session, person.user_id, now, skip=place.skip, limit=place.size)
    ends = [
        press(
            words.END_OWN if one.device_id == person.device_id else words.end(number),
            EndSession(session=one.id),
        )
        for number, one in enumerate(found, place.skip + 1)
    ]
    text = words.devices(found, place.skip, place.total, person.device_id)
    turn = place.navigation_buttons(lambda page: ShowDevices(page=page))
    return text, rows(*in_rows(ends, 2), turn, go(home_words.PROFILE, PROFILE))
