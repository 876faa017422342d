"""What is on sale: a course's offers and the ways to pay each; for admins /offer, and /offers with a button to
withdraw or restore each.
"""

from datetime import datetime

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.arguments import Arguments
from bot.chat.buttons import (
    DropOffer,
    Go,
    Pay,
    RestoreOffer,
    SellOffer,
    ShowModule,
    ShowOffer,
    ShowOffers,
    ShowProducts,
    WithdrawOffer,
)
from bot.chat.commands import BUY, COURSES, OFFER, OFFERS
from bot.chat.keyboards import go, in_rows, press, rows
from bot.chat.paging import Page
from bot.chat.replies import Reply, say, show, toast
from bot.context import AppContext
from bot.payments.offering import check_price, payment_methods
from bot.texts import shop as words
from db.shop import courses, offers
from db.shop.courses import OfferDetails
from handlers.filters import Admin, is_

MAX_BUTTONS = 40
MAX_LABEL = 60  # characters
OFFERS_A_PAGE = 8
PRODUCTS_A_PAGE = 20

router = Router(name="shop")
admin_router = Router(name="admin_shop")
admin_router.message.filter(Admin())
admin_router.callback_query.filter(Admin())


@router.message(is_(COURSES, BUY))
@router.callback_query(Go.filter(F.command.in_({COURSES.name, BUY.name})))
async def show_courses(event: Message | CallbackQuery, session: AsyncSession) -> Reply:
    return show(event, *await courses_page(session))


async def courses_page(session: AsyncSession) -> tuple[str, InlineKeyboardMarkup]:
    found = await courses.list_modules(session)
    buttons = [press(module.name[:MAX_LABEL], ShowModule(id=module.id)) for module in found[:MAX_BUTTONS]]
    return words.courses(found), rows(*buttons)


@router.callback_query(ShowModule.filter())
async def show_module(query: CallbackQuery, callback_data: ShowModule, session: AsyncSession) -> Reply:
    module = await courses.get_module(session, callback_data.id)
    if module is None:
        return show(query, *await courses_page(session))
    found = await courses.list_offers(session, module.id)
    buttons = [
        press(words.offer_line(offer)[:MAX_LABEL], ShowOffer(id=offer.id)) for offer in found[:MAX_BUTTONS]
    ]
    return show(query, words.module(module, found), rows(*buttons, go(words.ALL_COURSES, COURSES)))


@router.callback_query(ShowOffer.filter())
async def press_offer(
    query: CallbackQuery, callback_data: ShowOffer, session: AsyncSession, context: AppContext
) -> Reply:
    return await show_offer(query, callback_data.id, session, context)


async def show_offer(
    event: Message | CallbackQuery, offer_id: int, session: AsyncSession, context: AppContext
) -> Reply:
    """Raises OfferGone."""
    offer = await courses.get_offer(session, offer_id)
    methods = payment_methods(offer, context.settings)
    buttons = [press(words.pay_by(method), Pay(offer=offer.id, method=method)) for method in methods]
    keyboard = rows(*buttons, press(words.BACK, ShowModule(id=offer.module_id)))
    return show(event, words.offer(offer, bool(methods)), keyboard)


@admin_router.message(is_(OFFER))
async def create_offer(
    message: Message, command: CommandObject, session: AsyncSession, context: AppContext, now: datetime
) -> Reply:
    asked = Arguments(OFFER, command.args)
    product_id, days = asked.product(), asked.days()
    price, currency = asked.price()
    draft = await offers.create_offer(session, product_id, days, price, currency, now)
    check_price(draft, context.settings)
    keyboard = rows(
        press(words.sell(draft), SellOffer(offer=draft.id)), press(words.DROP, DropOffer(offer=draft.id))
    )
    return say(message, words.offer_draft(draft, bool(payment_methods(draft, context.settings))), keyboard)


@admin_router.callback_query(SellOffer.filter())
async def sell(
    query: CallbackQuery, callback_data: SellOffer, session: AsyncSession, context: AppContext
) -> Reply:
    made = await offers.mark_active(session, callback_data.offer, active=True)
    check_price(made, context.settings)
    link = f"https://t.me/{context.username}?start=buy_{made.id}" if context.username else None
    keyboard = rows(switch_button(made, 0), press(words.ALL_OFFERS, ShowOffers(page=0)))
    return show(query, words.offer_made(made, link, bool(payment_methods(made, context.settings))), keyboard)


@admin_router.callback_query(DropOffer.filter())
async def drop(query: CallbackQuery, callback_data: DropOffer, session: AsyncSession) -> Reply:
    await offers.delete_draft(session, callback_data.offer)
    return show(query, words.DROPPED)


@admin_router.message(is_(OFFERS))
@admin_router.callback_query(Go.filter(F.command == OFFERS.name))
async def list_offers(event: Message | CallbackQuery, session: AsyncSession) -> Reply:
    return say(event, *await offers_page(session, 0))


@admin_router.callback_query(ShowOffers.filter())
async def turn_offers(query: CallbackQuery, callback_data: ShowOffers, session: AsyncSession) -> Reply:
    return show(query, *await offers_page(session, callback_data.page))


@admin_router.callback_query(ShowProducts.filter())
async def turn_products(query: CallbackQuery, callback_data: ShowProducts, session: AsyncSession) -> Reply:
    page = Page(callback_data.page, await offers.count_products(session), PRODUCTS_A_PAGE)
    found = await offers.list_products(session, skip=page.skip, limit=page.size)
    turn = page.navigation_buttons(lambda number: ShowProducts(page=number))
    keyboard = rows(turn, press(words.ALL_OFFERS, ShowOffers(page=0)))
    return show(query, words.products(found, page.total), keyboard)


@admin_router.callback_query(WithdrawOffer.filter())
async def withdraw(query: CallbackQuery, callback_data: WithdrawOffer, session: AsyncSession) -> Reply:
    offer = await offers.mark_active(session, callback_data.offer, active=False)
    text, keyboard = await offers_page(session, callback_data.page)
    return [toast(query, words.withdrawn(offer)), show(query, text, keyboard)]


@admin_router.callback_query(RestoreOffer.filter())
async def restore(
    query: CallbackQuery, callback_data: RestoreOffer, session: AsyncSession, context: AppContext
) -> Reply:
    offer = await offers.mark_active(session, callback_data.offer, active=True)
    check_price(offer, context.settings)
    text, keyboard = await offers_page(session, callback_data.page)
    return [toast(query, words.restored(offer)), show(query, text, keyboard)]


async def offers_page(session: AsyncSession, number: int) -> tuple[str, InlineKeyboardMarkup]:
    """Offers of this page, and the first products with the ids that /offer, /grant and /promo_new ask for."""
    page = Page(number, await offers.count_offers(session), OFFERS_A_PAGE)
    found = await offers.list_offers(session, skip=page.skip, limit=page.size)
    product_count = await offers.count_products(session)
    products = await offers.list_products(session, skip=0, limit=OFFERS_A_PAGE)
    text = words.offers(found, page.total) + "\n\n" + words.products(products, product_count)
    buttons = [switch_button(offer, page.number) for offer in found]
    turn = page.navigation_buttons(lambda number: ShowOffers(page=number))
    more = press(words.ALL_PRODUCTS, ShowProducts(page=0)) if product_count > len(products) else None
    return text, rows(*in_rows(buttons, 2), turn, more)


def switch_button(offer: OfferDetails, page: int) -> InlineKeyboardButton:
    """Withdraws or restores. It says which, so that pressing it twice does not undo the first press."""
    if offer.active:
        return press(words.withdraw(offer), WithdrawOffer(offer=offer.id, page=page))
    return press(words.restore(offer), RestoreOffer(offer=offer.id, page=page))
