"""Where one is signed in: /devices, with a button to end each session and one for all the others; /logout."""

from datetime import timedelta

from aiogram import F
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.chat.buttons import EndOthers, EndSession, ShowDevices, SignIn
from bot.chat.commands import DEVICES, LOGOUT, PROFILE
from bot.chat.keyboards import go, in_rows, press, rows
from bot.chat.paging import Page
from bot.chat.replies import Reply, say, show, toast
from bot.context import Request
from bot.texts import home as home_words
from bot.texts.accounts import devices as words
from bot.texts.accounts import registration as registration_words
from db.accounts import registration, sessions
from handlers.filters import SignedIn, goes_to, is_, router_for

SESSIONS_A_PAGE = 8

router = router_for("devices", SignedIn())


@router.message(is_(DEVICES))
@router.callback_query(goes_to(DEVICES))
async def list_devices(event: Message | CallbackQuery, request: Request) -> Reply:
    return show(event, *await devices_page(request, 0))


@router.callback_query(ShowDevices.filter())
async def turn_devices(query: CallbackQuery, callback_data: ShowDevices, request: Request) -> Reply:
    return show(query, *await devices_page(request, callback_data.page))


@router.callback_query(EndSession.filter())
async def end_session(query: CallbackQuery, callback_data: EndSession, request: Request) -> Reply:
    """Ending a session of this chat's own device is signing out."""
    person = request.person
    device_id = await sessions.end_session(
        request.session, person.user_id, callback_data.session, request.now
    )
    if device_id == person.device_id:
        return await sign_out(query, request)
    return [toast(query, words.ENDED), show(query, *await devices_page(request, 0))]


@router.callback_query(EndOthers.filter(~F.sure))
async def ask_end_others(query: CallbackQuery, request: Request) -> Reply:
    others = await sessions.count_others(
        request.session, request.person.user_id, _device(request), request.now
    )
    if not others:
        return [toast(query, words.NO_OTHERS), show(query, *await devices_page(request, 0))]
    sure, back = press(words.END_OTHERS_SURE, EndOthers(sure=True)), press(words.KEEP, ShowDevices(page=0))
    return show(query, words.ask_end_others(others), rows(sure, back))


@router.callback_query(EndOthers.filter(F.sure))
async def end_others(query: CallbackQuery, request: Request) -> Reply:
    """All but those of this chat, whichever there are by now."""
    ended = await sessions.end_others(request.session, request.person.user_id, _device(request), request.now)
    done = words.others_ended(ended) if ended else words.NO_OTHERS
    return [toast(query, done), show(query, *await devices_page(request, 0))]


async def sign_out(event: Message | CallbackQuery, request: Request) -> Reply:
    await request.state.clear()
    person = request.person
    await registration.sign_out(request.session, person.user_id, person.telegram_id, request.now)
    return say(event, words.SIGNED_OUT, rows(press(registration_words.SIGN_IN, SignIn())))


router.message.register(sign_out, is_(LOGOUT))
router.callback_query.register(sign_out, goes_to(LOGOUT))


async def devices_page(request: Request, page: int) -> tuple[str, InlineKeyboardMarkup]:
    session, user_id, now = request.session, request.person.user_id, request.now
    own = _device(request)
    place = Page(page, await sessions.count_sessions(session, user_id, now), SESSIONS_A_PAGE)
    keep = timedelta(days=request.context.settings.session_days)
    found = await sessions.list_sessions(session, user_id, now, keep, skip=place.skip, limit=place.size)
    ends = [
        press(words.END_OWN if one.device_id == own else words.end(number), EndSession(session=one.id))
        for number, one in enumerate(found, place.skip + 1)
    ]
    others = await sessions.count_others(session, user_id, own, now)
    text = words.devices(found, place.skip, place.total, own)
    turn = place.navigation_buttons(lambda page: ShowDevices(page=page))
    every = press(words.END_OTHERS, EndOthers()) if others else None
    return text, rows(*in_rows(ends, 2), turn, every, go(home_words.PROFILE, PROFILE))


def _device(request: Request) -> int:
    """This chat's own: who is signed in has one."""
    assert request.person.device_id is not None
    return request.person.device_id
