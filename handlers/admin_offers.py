"""Offers as admins keep them: /offer, /offers with a button to withdraw or restore each, and the products."""

from datetime import datetime
from typing import Any

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.arguments import Arguments
from bot.chat.buttons import Go, RestoreOffer, ShowOffers, ShowProducts, WithdrawOffer
from bot.chat.commands import OFFER, OFFERS
from bot.chat.keyboards import press, rows
from bot.chat.paging import Page
from bot.chat.replies import say, show, toast
from bot.context import AppContext
from bot.texts import arguments
from bot.texts import shop as words
from db.shop import courses
from db.shop import offers as database
from db.shop.courses import OfferDetails
from handlers.courses import ways
from handlers.filters import Admin, is_

OFFERS_A_PAGE = 8
PRODUCTS_A_PAGE = 20

router = Router(name="admin_offers")
router.message.filter(Admin())
router.callback_query.filter(Admin())


@router.message(is_(OFFER))
async def make(
    message: Message, command: CommandObject, session: AsyncSession, context: AppContext, now: datetime
) -> Any:
    asked = Arguments(OFFER, command.args)
    product_id, days = asked.product(), asked.days()
    price, currency = asked.price()
    made = await database.create_offer(session, product_id, days, price, currency, now)
    payable = bool(ways(await courses.get_offer(session, made.id), context))
    link = f"https://t.me/{context.username}?start=buy_{made.id}" if context.username else None
    keyboard = rows(switch(made, 0), press(words.ALL_OFFERS, ShowOffers(page=0)))
    return say(message, words.offer_made(made, link, payable), keyboard)


@router.callback_query(Go.filter(F.command == OFFER.name))
async def how_to_make(query: CallbackQuery) -> Any:
    return say(query, arguments.usage(OFFER))


@router.message(is_(OFFERS))
@router.callback_query(Go.filter(F.command == OFFERS.name))
async def list_offers(event: Message | CallbackQuery, session: AsyncSession) -> Any:
    return say(event, *await offers_page(session, 0))


@router.callback_query(ShowOffers.filter())
async def turn_offers(query: CallbackQuery, callback_data: ShowOffers, session: AsyncSession) -> Any:
    return show(query, *await offers_page(session, callback_data.page))


@router.callback_query(ShowProducts.filter())
async def turn_products(query: CallbackQuery, callback_data: ShowProducts, session: AsyncSession) -> Any:
    place = Page(callback_data.page, await database.count_products(session), PRODUCTS_A_PAGE)
    goods = await database.list_products(session, skip=place.skip, limit=place.size)
    keyboard = rows(
        place.navigation_buttons(lambda page: ShowProducts(page=page)),
        press(words.ALL_OFFERS, ShowOffers(page=0)),
    )
    return show(query, words.products(goods, place.total), keyboard)


@router.callback_query(WithdrawOffer.filter())
async def withdraw(query: CallbackQuery, callback_data: WithdrawOffer, session: AsyncSession) -> Any:
    offer = await database.mark_active(session, callback_data.offer, active=False)
    return [
        toast(query, words.withdrawn(offer)),
        show(query, *await offers_page(session, callback_data.page)),
    ]


@router.callback_query(RestoreOffer.filter())
async def restore(query: CallbackQuery, callback_data: RestoreOffer, session: AsyncSession) -> Any:
    offer = await database.mark_active(session, callback_data.offer, active=True)
    return [toast(query, words.restored(offer)), show(query, *await offers_page(session, callback_data.page))]


async def offers_page(session: AsyncSession, page: int) -> tuple[str, InlineKeyboardMarkup]:
    """Offers of this page, and the first products with the ids that /offer, /grant and /promo_new ask for."""
    place = Page(page, await database.count_offers(session), OFFERS_A_PAGE)
    offers = await database.list_offers(session, skip=place.skip, limit=place.size)
    products = await database.count_products(session)
    goods = await database.list_products(session, skip=0, limit=OFFERS_A_PAGE)
    buttons = [switch(offer, place.number) for offer in offers]
    more = press(words.ALL_PRODUCTS, ShowProducts(page=0)) if products > len(goods) else None
    text = words.offers(offers, place.total) + "\n\n" + words.products(goods, products)
    pairs = [buttons[at : at + 2] for at in range(0, len(buttons), 2)]
    return text, rows(*pairs, place.navigation_buttons(lambda page: ShowOffers(page=page)), more)


def switch(offer: OfferDetails, page: int) -> Any:
    """The button that turns an offer's state round, says what it will do: pressed twice it does it once."""
    if offer.active:
        return press(words.withdraw(offer), WithdrawOffer(offer=offer.id, page=page))
    return press(words.restore(offer), RestoreOffer(offer=offer.id, page=page))
