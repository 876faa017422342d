"""What is on sale: a course's offers and the ways to pay each."""

from aiogram import Router
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import (
    DropOrder,
    Pay,
    Register,
    ShowLesson,
    ShowModule,
    ShowOffer,
    SignIn,
)
from bot.chat.commands import BUY, COURSES, START
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import Reply, as_list, in_place, show
from bot.context import Request
from bot.notifications.ways import way_button, way_buttons
from bot.payments.offering import list_ways, payment_methods, ways_of
from bot.texts import home as home_words
from bot.texts import shop as words
from bot.texts.accounts import registration
from bot.texts.format import label
from bot.texts.payments import orders as order_words
from db.access.changes import AccessPeriod, get_access, is_endless
from db.errors import OfferGone
from db.lessons.home import get_free_lesson
from db.payments import orders
from db.payments.methods import PaymentMethod, Way
from db.shop import courses
from db.shop.courses import OfferDetails
from handlers import payments
from handlers.accounts.receipts import ask_for_contact
from handlers.filters import SignedIn, goes_to, is_

MAX_BUTTONS = 40

router = Router(name="shop")


@router.message(is_(COURSES, BUY))
@router.callback_query(goes_to(COURSES, BUY))
async def show_courses(event: Message | CallbackQuery, session: AsyncSession) -> Reply:
    return show(event, *await courses_page(session))


async def courses_page(session: AsyncSession) -> tuple[str, InlineKeyboardMarkup]:
    found = await courses.list_modules(session)
    buttons = [press(label(module.name), ShowModule(id=module.id)) for module in found[:MAX_BUTTONS]]
    return words.courses(found), rows(*buttons, go(home_words.HOME, START))


@router.callback_query(ShowModule.filter())
async def show_module(query: CallbackQuery, callback_data: ShowModule, request: Request) -> Reply:
    """Also the way back from an order's screen, which is left then."""
    message_id = in_place(query)
    if request.person.signed_in and message_id is not None:
        person = request.person
        await orders.leave_message(
            request.session, person.user_id, person.telegram_id, message_id, request.now
        )
    return show(query, *await module_page(request, callback_data.id))


async def module_page(request: Request, module_id: int) -> tuple[str, InlineKeyboardMarkup]:
    """All courses where there is no such one."""
    session, person, now = request.session, request.person, request.now
    module = await courses.get_module(session, module_id)
    if module is None:
        return await courses_page(session)
    learner = person.user_id if person.signed_in else None
    access = await access_of(request, module_id)
    found = [] if is_endless(access) else (await courses.list_offers(session, module_id))[:MAX_BUTTONS]
    buttons = [
        press(line, ShowOffer(id=offer.id))
        for line, offer in zip(words.offer_lines(found), found, strict=True)
    ]
    free = None if access else await get_free_lesson(session, learner, module_id)
    try_it = press(home_words.FREE_LESSON, ShowLesson(id=free.id)) if free else None
    keyboard = rows(*buttons, try_it, go(words.ALL_COURSES, COURSES))
    return words.module(module, found, access, now), keyboard


@router.callback_query(ShowOffer.filter())
async def press_offer(query: CallbackQuery, callback_data: ShowOffer, request: Request) -> Reply:
    return await show_offer(request, callback_data.id)


async def show_offer(request: Request, offer_id: int) -> Reply:
    """The terms' screen with the button that pays: an order's, whose link is made at once, where they can be paid by
    a link; else with a button that sends the invoice."""
    try:
        offer = await courses.get_offer(request.session, offer_id)
    except OfferGone:
        return await say_gone(request, offer_id)
    ways = ways_of(offer, request.context.settings)
    access = await access_of(request, offer.module_id)
    if (
        is_endless(access)
        or not request.person.signed_in
        or all(way.method is not PaymentMethod.LINK for way in ways)
    ):
        return await show_terms(request, offer, ways, access)
    if (question := await ask_for_contact(request, offer.id)) is not None:
        return [*as_list(await show_terms(request, offer, ways, access)), *as_list(question)]
    return await payments.open_order(request, offer, PaymentMethod.LINK)


async def access_of(request: Request, module_id: int) -> AccessPeriod | None:
    person = request.person
    return await get_access(request.session, person.user_id, module_id) if person.signed_in else None


async def show_terms(
    request: Request, offer: OfferDetails, ways: list[Way], access: AccessPeriod | None
) -> Reply:
    """Without an order: for who has to register or sign in first, and for what is paid inside Telegram. Where no way
    takes this price, the same terms may be paid in another currency."""
    text = order_words.terms(offer.product, offer.days, offer.price, offer.currency)
    text += "\n" + order_words.opens(offer.module, offer.days, access, request.now)
    back = press(words.BACK, ShowModule(id=offer.module_id))
    if is_endless(access):
        return show(request.event, text, rows(back))
    if request.person.signed_in or not ways:
        all_ways = await list_ways(request.session, request.context.settings, offer.product_id, offer.days)
        ways = [*ways, *(way for way in all_ways if way.offer_id != offer.id)]
    if not ways:
        return show(request.event, f"{text}\n\n{words.NOT_PAYABLE}", rows(back))
    if not request.person.signed_in:
        return show(request.event, text, rows(enter(request, offer), back))
    main, *others = ways
    return show(request.event, text, rows(way_button(main, words.pay(main)), *way_buttons(others), back))


def enter(request: Request, offer: OfferDetails) -> InlineKeyboardButton:
    """One tap to this screen as somebody who can pay: the wish is remembered, as a deep link's is, unless a deep link
    to something else waits already."""
    person = request.person
    if not person.start or person.start.startswith("buy_"):
        person.start, person.changed = f"buy_{offer.id}", True
    if person.account is None:
        return press(registration.REGISTER, Register())
    return press(registration.SIGN_IN, SignIn())


async def say_gone(request: Request, offer_id: int) -> Reply:
    """Withdrawn, or never there: what there is instead, in place of the screen whose button was pressed."""
    module_id = await courses.find_module_of_offer(request.session, offer_id)
    text, keyboard = await (
        courses_page(request.session) if module_id is None else module_page(request, module_id)
    )
    return show(request.event, f"{words.GONE}\n\n{text}", keyboard)


@router.callback_query(Pay.filter(), SignedIn())
async def pay(query: CallbackQuery, callback_data: Pay, request: Request) -> Reply:
    """A way to pay was chosen. A link (a button of earlier releases) is made by opening the terms' screen, which asks
    for what a receipt needs, and what is open forever is said there rather than sold."""
    try:
        offer = await courses.get_offer(request.session, callback_data.offer)
    except OfferGone:
        return await say_gone(request, callback_data.offer)
    possible = payment_methods(offer, request.context.settings)
    method = next((method for method in possible if method == callback_data.method), None)
    if (
        method is None
        or method is PaymentMethod.LINK
        or is_endless(await access_of(request, offer.module_id))
    ):
        return await show_offer(request, offer.id)
    return await payments.open_order(request, offer, method)


@router.callback_query(DropOrder.filter(), SignedIn())
async def drop_order(query: CallbackQuery, callback_data: DropOrder, request: Request) -> Reply:
    person = request.person
    module_id = await orders.close_order(request.session, callback_data.purchase, person.user_id, request.now)
    if module_id is None:
        return show(query, *await courses_page(request.session))
    return show(query, *await module_page(request, module_id))
