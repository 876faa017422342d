"""What admins sell: /offer makes an offer, at once where all is said, else step by step; /offers withdraws and restores
each."""

from collections.abc import Sequence

from aiogram import F
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.arguments import Arguments, Problem, WrongArguments
from bot.chat.commands import OFFER, OFFERS
from bot.chat.conversation import OfferMaking
from bot.chat.keyboards import go, in_rows, press, rows
from bot.chat.paging import Page
from bot.chat.products import find_products
from bot.chat.replies import Reply, say, show, toast
from bot.chat.rights import Right
from bot.chat.shop_buttons import (
    AskWithdrawOffer,
    BeginOffer,
    ChooseOfferDays,
    DropOffer,
    RestoreOffer,
    SellOffer,
    ShowOfferProducts,
    ShowOffers,
    ShowProducts,
    WithdrawOffer,
)
from bot.context import Request
from bot.payments.offering import check_price
from bot.texts import errors
from bot.texts import shop_offers as words
from bot.texts.format import days as word_days
from bot.texts.format import label
from db.errors import ProductUnknown, Refused
from db.shop import offers
from db.shop.courses import OfferDetails
from db.shop.offers import ProductSummary
from handlers.filters import goes_to, is_, role_router

Event = Message | CallbackQuery
OFFERS_A_PAGE = 8
PRODUCTS_A_PAGE = 20
CHOICES_A_PAGE = 8
DAYS = (7, 30, 60, 90, 180, 365)
COLUMNS = 3  # of numbers of days

router = role_router("shop_offers", Right.CATALOGUE)


# --- a new one ---


@router.message(is_(OFFER))
@router.callback_query(goes_to(OFFER))
async def begin(event: Event, request: Request, command: CommandObject | None = None) -> Reply:
    """What is missing or wrong is asked for, and what was right is kept. Raises what `check_price` raises."""
    if isinstance(event, CallbackQuery):
        event = event.model_copy(update={"message": None})  # it stays
    return await _take(event, request, Arguments(OFFER, command.args if command else None))


@router.callback_query(BeginOffer.filter())
async def choose_product(query: CallbackQuery, callback_data: BeginOffer, request: Request) -> Reply:
    return await _ask(query, request, callback_data.product)


@router.callback_query(ShowOfferProducts.filter())
async def turn_choices(query: CallbackQuery, callback_data: ShowOfferProducts, request: Request) -> Reply:
    return await _ask_product(query, request, page=callback_data.page)


@router.callback_query(ChooseOfferDays.filter(F.choice < len(DAYS)))
async def choose_days(query: CallbackQuery, callback_data: ChooseOfferDays, request: Request) -> Reply:
    return await _ask(query, request, callback_data.product, DAYS[callback_data.choice])


@router.message(OfferMaking.terms, F.text, ~F.text.startswith("/"))
async def take(message: Message, request: Request) -> Reply:
    """The rest of what the command takes, as far as it is written."""
    data = await request.state.get_data()
    return await _take(
        message, request, Arguments(OFFER, message.text), data.get("product"), data.get("days")
    )


async def _take(
    event: Event, request: Request, given: Arguments, product: int | None = None, days: int | None = None
) -> Reply:
    """Raises what `check_price` raises."""
    found = await offers.list_all_products(request.session)
    try:
        if product is None:
            product = given.product(found)
        days = given.days() if days is None else days
        price, currency = given.price()
    except (WrongArguments, ProductUnknown) as wrong:
        return await _ask(event, request, product, days, _slip(wrong), _meant(wrong, found))
    return await _preview(event, request, product, days, price, currency)


def _slip(wrong: Refused) -> str:
    """Empty where nothing is wrong, but that more is still to be said."""
    if (
        isinstance(wrong, WrongArguments)
        and wrong.problem is Problem.MISSING
        and wrong.argument != "CURRENCY"
    ):
        return ""
    return errors.slip(wrong, OFFER)


def _meant(wrong: Refused, found: Sequence[ProductSummary]) -> list[ProductSummary]:
    """What several products have in common."""
    if isinstance(wrong, WrongArguments) and wrong.problem is Problem.SEVERAL:
        return find_products(wrong.written.split(), found)
    return []


# --- what is still to be said ---


async def _ask(
    event: Event,
    request: Request,
    product: int | None,
    days: int | None = None,
    problem: str = "",
    meant: Sequence[ProductSummary] = (),
) -> Reply:
    """Raises ProductUnknown."""
    if product is None:
        return await _ask_product(event, request, problem, meant)
    name = await offers.get_product_name(request.session, product)
    if name is None:
        raise ProductUnknown(product)
    await request.ask(OfferMaking.terms, product=product, days=days)
    buttons = [
        press(word_days(count), ChooseOfferDays(product=product, choice=at)) for at, count in enumerate(DAYS)
    ]
    keyboard = rows(*in_rows(buttons, COLUMNS), _back()) if days is None else rows(_back())
    return show(event, words.ask_terms(name, days, problem), keyboard)


async def _ask_product(
    event: Event,
    request: Request,
    problem: str = "",
    meant: Sequence[ProductSummary] = (),
    page: int = 0,
) -> Reply:
    found = meant or await offers.list_all_products(request.session)
    await request.ask(OfferMaking.terms)
    place = Page(page, len(found), CHOICES_A_PAGE)
    choices = [press(label(one.name), BeginOffer(product=one.id)) for one in found[place.slice]]
    turn = place.navigation_buttons(lambda number: ShowOfferProducts(page=number))
    return show(event, words.ask_product(found, problem), rows(*choices, turn, _back()))


def _back() -> InlineKeyboardButton:
    return press(words.ALL_OFFERS, ShowOffers(page=0))


async def _preview(
    event: Event, request: Request, product: int, days: int, price: int, currency: str
) -> Reply:
    """Raises what `check_price` raises."""
    draft = await offers.create_offer(request.session, product, days, price, currency, request.now)
    check_price(draft, request.context.settings)
    await request.state.clear()
    twins = await offers.list_twins(request.session, draft)
    keyboard = rows(
        press(words.sell(draft), SellOffer(offer=draft.id)), press(words.DROP, DropOffer(offer=draft.id))
    )
    return say(event, words.offer_draft(draft, twins), keyboard)


# --- those there are ---


@router.callback_query(SellOffer.filter())
async def sell(query: CallbackQuery, callback_data: SellOffer, request: Request) -> Reply:
    context = request.context
    made = await switch(request, callback_data.offer, active=True)
    link = f"https://t.me/{context.username}?start=buy_{made.id}" if context.username else None
    keyboard = rows(switch_button(made, 0), press(words.ALL_OFFERS, ShowOffers(page=0)))
    return show(query, words.offer_made(made, link), keyboard)


@router.callback_query(DropOffer.filter())
async def drop(query: CallbackQuery, callback_data: DropOffer, session: AsyncSession) -> Reply:
    await offers.delete_draft(session, callback_data.offer)
    return show(query, words.DROPPED)


@router.message(is_(OFFERS))
@router.callback_query(goes_to(OFFERS))
async def list_offers(event: Message | CallbackQuery, session: AsyncSession) -> Reply:
    return say(event, *await offers_page(session, 0))


@router.callback_query(ShowOffers.filter())
async def turn_offers(query: CallbackQuery, callback_data: ShowOffers, session: AsyncSession) -> Reply:
    return show(query, *await offers_page(session, callback_data.page))


@router.callback_query(ShowProducts.filter())
async def turn_products(query: CallbackQuery, callback_data: ShowProducts, session: AsyncSession) -> Reply:
    page = Page(callback_data.page, await offers.count_products(session), PRODUCTS_A_PAGE)
    found = await offers.list_products(session, skip=page.skip, limit=page.size)
    turn = page.navigation_buttons(lambda number: ShowProducts(page=number))
    keyboard = rows(turn, press(words.ALL_OFFERS, ShowOffers(page=0)))
    return show(query, words.products(found, page.total), keyboard)


@router.callback_query(AskWithdrawOffer.filter())
async def ask_withdraw(query: CallbackQuery, callback_data: AskWithdrawOffer, request: Request) -> Reply:
    """Raises OfferGone."""
    offer = await offers.get_offer(request.session, callback_data.offer)
    sure = press(words.WITHDRAW, WithdrawOffer(offer=offer.id, page=callback_data.page))
    leave = press(words.ALL_OFFERS, ShowOffers(page=callback_data.page))
    return show(query, words.ask_withdraw(offer), rows(sure, leave))


@router.callback_query(WithdrawOffer.filter())
async def withdraw(query: CallbackQuery, callback_data: WithdrawOffer, request: Request) -> Reply:
    offer = await switch(request, callback_data.offer, active=False)
    text, keyboard = await offers_page(request.session, callback_data.page)
    return [toast(query, words.withdrawn(offer)), show(query, text, keyboard)]


@router.callback_query(RestoreOffer.filter())
async def restore(query: CallbackQuery, callback_data: RestoreOffer, request: Request) -> Reply:
    offer = await switch(request, callback_data.offer, active=True)
    text, keyboard = await offers_page(request.session, callback_data.page)
    return [toast(query, words.restored(offer)), show(query, text, keyboard)]


async def switch(request: Request, offer_id: int, *, active: bool) -> OfferDetails:
    """Raises OfferGone, and what `check_price` raises."""
    admin = request.person.telegram_id
    offer = await offers.switch_offer(request.session, offer_id, admin, request.now, active=active)
    if active:
        check_price(offer, request.context.settings)
    return offer


async def offers_page(session: AsyncSession, number: int) -> tuple[str, InlineKeyboardMarkup]:
    page = Page(number, await offers.count_offers(session), OFFERS_A_PAGE)
    found = await offers.list_offers(session, skip=page.skip, limit=page.size)
    buttons = [switch_button(offer, page.number) for offer in found]
    turn = page.navigation_buttons(lambda number: ShowOffers(page=number))
    more = (go(words.NEW, OFFER), press(words.ALL_PRODUCTS, ShowProducts(page=0)))
    return words.offers(found, page.total), rows(*in_rows(buttons, 2), turn, more)


def switch_button(offer: OfferDetails, page: int) -> InlineKeyboardButton:
    """Withdraws, once that is sure, or restores. It says which, so that pressing it twice does not undo the first."""
    if offer.active:
        return press(words.withdraw(offer), AskWithdrawOffer(offer=offer.id, page=page))
    return press(words.restore(offer), RestoreOffer(offer=offer.id, page=page))
