"""Promo codes as admins look after them: /promos lists them; the card of a code switches it off and on, raises its
number of uses, shows who used it, and sends its QR code. Batches of codes likewise, all codes of one at once.
"""

from collections.abc import Sequence

from aiogram import F
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.admin_buttons import ShowPerson
from bot.chat.arguments import MAX_COUNT, Arguments, WrongArguments
from bot.chat.commands import PROMO_NEW, PROMOS
from bot.chat.conversation import PromoLimit
from bot.chat.keyboards import Row, in_rows, press, rows
from bot.chat.paging import Page
from bot.chat.promo_buttons import (
    AskLimit,
    BeginPromo,
    ChooseLimit,
    SendPromoPicture,
    ShowBatches,
    ShowPromo,
    ShowPromos,
    ShowPromoUsers,
    SwitchPromo,
)
from bot.chat.promo_links import promo_link
from bot.chat.replies import Reply, as_list, show, toast
from bot.chat.rights import Right
from bot.context import Request
from bot.texts import arguments, errors
from bot.texts import promo_codes as words
from db import promo, promo_codes
from db.acts import ActKind
from db.errors import PromoUnknown
from db.jobs import PromoPictureJob
from db.promo import PromoSummary
from db.promo_codes import LimitBelowUses, PromoUser, SwitchedCode
from db.queue import enqueue
from handlers.filters import goes_to, is_, role_router

Event = Message | CallbackQuery
OfCode = ShowPromo | SwitchPromo
A_PAGE = 8
LIMITS = (10, 20, 50, 100, 200, 500, 1000, 5000)

router = role_router("promo_codes", Right.PROMO)


# --- the list ---


@router.message(is_(PROMOS))
@router.callback_query(goes_to(PROMOS))
async def begin(event: Event, request: Request, command: CommandObject | None = None) -> Reply:
    """Raises PromoUnknown."""
    if command is None or not command.args:
        return await list_codes(event, ShowPromos(), request)
    asked = Arguments(PROMOS, command.args)
    code = asked.word("CODE")
    asked.end()
    found = await promo.find_promo(request.session, code)
    if found is None:
        raise PromoUnknown(code)
    return await show_card(event, ShowPromo(id=found.code_id), request)


async def list_codes(event: Event, callback_data: ShowPromos, request: Request) -> Reply:
    session = request.session
    page = Page(callback_data.page, await promo_codes.count_codes(session), A_PAGE)
    found = await promo_codes.list_codes(session, page.skip, A_PAGE)
    batches = await promo_codes.count_batches(session)
    keyboard = rows(
        *in_rows([press(words.promo_button(one), ShowPromo(id=one.id)) for one in found], 2),
        page.navigation_buttons(lambda to: ShowPromos(page=to)),
        press(words.batches_button(batches), ShowBatches()) if batches else None,
        press(words.MAKE_ONE, BeginPromo(batch=False)),
        press(words.MAKE_MANY, BeginPromo(batch=True)),
    )
    return show(event, words.promos(found), keyboard)


router.callback_query.register(list_codes, ShowPromos.filter())


# --- one code ---


async def show_card(event: Event, callback_data: OfCode, request: Request, note: str = "") -> Reply:
    """Raises PromoGone."""
    found = await promo_codes.get_code(request.session, callback_data.id)
    link = promo_link(found.code, request.context.username)
    text = words.card(found, link)
    return show(event, f"{note}\n\n{text}" if note else text, card_keyboard(found, link))


router.callback_query.register(show_card, ShowPromo.filter())


def card_keyboard(found: PromoSummary, link: str | None) -> InlineKeyboardMarkup:
    off = found.off_most is not None
    switch = press(words.SWITCH_ON if off else words.SWITCH_OFF, SwitchPromo(id=found.id, on=off))
    used = press(words.users_button(found.used), ShowPromoUsers(id=found.id)) if found.used else None
    return rows(
        (switch, press(words.LIMIT, AskLimit(id=found.id))),
        [one for one in (used, press(words.PICTURE, SendPromoPicture(id=found.id)) if link else None) if one],
        press(words.ALL_CODES, ShowPromos()),
    )


@router.callback_query(SwitchPromo.filter())
async def switch(query: CallbackQuery, callback_data: SwitchPromo, request: Request) -> Reply:
    """Raises PromoGone."""
    found = await promo_codes.get_code(request.session, callback_data.id)
    done = await switch_codes(request, [found.id], on=callback_data.on)
    if not done:
        return [
            toast(query, words.ALREADY_ON if callback_data.on else words.ALREADY_OFF),
            *as_list(await show_card(query, callback_data, request)),
        ]
    await record(request, ActKind.PROMO_ON if callback_data.on else ActKind.PROMO_OFF, found, done[0])
    return await show_card(query, callback_data, request, words.switched(done[0], on=callback_data.on))


async def switch_codes(request: Request, ids: Sequence[int], *, on: bool) -> list[SwitchedCode]:
    if on:
        return await promo_codes.switch_on(request.session, ids)
    return await promo_codes.switch_off(request.session, ids, request.now)


async def record(request: Request, kind: ActKind, found: PromoSummary, done: SwitchedCode) -> None:
    await request.record_act(kind, code=found.code, code_id=found.id, before=done.before, after=done.after)


@router.callback_query(SendPromoPicture.filter())
async def send_picture(query: CallbackQuery, callback_data: SendPromoPicture, request: Request) -> Reply:
    job = PromoPictureJob(code=callback_data.id, telegram_id=request.person.telegram_id)
    await enqueue(request.session, job, key=f"promo_picture:{job.code}:{job.telegram_id}")
    return toast(query, words.ON_ITS_WAY)


# --- who used it ---


@router.callback_query(ShowPromoUsers.filter())
async def show_users(query: CallbackQuery, callback_data: ShowPromoUsers, request: Request) -> Reply:
    """Raises PromoGone."""
    found = await promo_codes.get_code(request.session, callback_data.id)
    page, users = await read_users(request.session, [found.id], callback_data.page)
    turn = page.navigation_buttons(lambda to: ShowPromoUsers(id=found.id, page=to))
    keyboard = rows(*user_buttons(users), turn, press(words.BACK, ShowPromo(id=found.id)))
    return show(query, words.users(found.code, users, with_codes=False), keyboard)


async def read_users(session: AsyncSession, ids: Sequence[int], number: int) -> tuple[Page, list[PromoUser]]:
    page = Page(number, await promo_codes.count_users(session, ids), A_PAGE)
    return page, await promo_codes.list_users(session, ids, page.skip, A_PAGE)


def user_buttons(users: Sequence[PromoUser]) -> list[Row]:
    return in_rows(
        [press(words.user_button(one), ShowPerson(id=one.user_id, stays=True)) for one in users], 2
    )


# --- how many may use it ---


async def ask_limit(event: Event, callback_data: AskLimit, request: Request, problem: str = "") -> Reply:
    """Raises PromoGone."""
    code_id = callback_data.id
    found = await promo_codes.get_code(request.session, code_id)
    await request.ask(PromoLimit.number, promo=code_id)
    buttons = [
        press(str(limit), ChooseLimit(id=code_id, choice=at))
        for at, limit in enumerate(LIMITS)
        if limit >= found.used
    ]
    text = words.ask_limit(found)
    keyboard = rows(*in_rows(buttons, 4), press(words.BACK, ShowPromo(id=code_id)))
    return show(event, f"⚠️ {problem}\n\n{text}" if problem else text, keyboard)


router.callback_query.register(ask_limit, AskLimit.filter())


@router.callback_query(ChooseLimit.filter(F.choice < len(LIMITS)))
async def choose_limit(query: CallbackQuery, callback_data: ChooseLimit, request: Request) -> Reply:
    """Raises PromoGone, LimitBelowUses."""
    return await set_limit(query, request, callback_data.id, LIMITS[callback_data.choice])


@router.message(PromoLimit.number, F.text, ~F.text.startswith("/"))
async def take_limit(message: Message, request: Request) -> Reply:
    code_id = int((await request.state.get_data())["promo"])
    asked = Arguments(PROMO_NEW, message.text)
    try:
        most = asked.whole("MAX", 1, MAX_COUNT)
        asked.end()
        return await set_limit(message, request, code_id, most)
    except WrongArguments as wrong:
        return await ask_limit(message, AskLimit(id=code_id), request, arguments.problem(wrong))
    except LimitBelowUses as below:
        return await ask_limit(message, AskLimit(id=code_id), request, errors.say(below))


async def set_limit(event: Event, request: Request, code_id: int, most: int) -> Reply:
    """Raises PromoGone, LimitBelowUses."""
    done = await promo_codes.set_limit(request.session, code_id, most)
    await request.state.clear()
    if done.before != done.after:
        found = await promo_codes.get_code(request.session, code_id)
        await record(request, ActKind.PROMO_LIMIT, found, done)
    return await show_card(event, ShowPromo(id=code_id), request)
