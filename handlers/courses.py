"""Courses and buying: module → offer → way to pay. The purchase's row first, then (by a job) the provider."""

import secrets
from datetime import datetime
from typing import Any

from aiogram import F, Router
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import Go, Pay, ShowModule, ShowOffer
from bot.chat.commands import BUY, COURSES
from bot.chat.keyboards import go, press, rows
from bot.chat.replies import show, toast
from bot.context import AppContext
from bot.payments.invoices import freeze_invoice, invoice
from bot.texts import shop as shop_words
from bot.texts.payments import links as link_words
from bot.yookassa import requests
from db.chats import Person
from db.errors import MethodNotOffered
from db.jobs import CreatePaymentJob
from db.payments import purchases
from db.payments.purchases import AttemptDetails, PaymentMethod
from db.queue import enqueue
from db.shop import courses
from db.shop.courses import OfferDetails
from handlers.filters import SignedIn, is_

router = Router(name="courses")
MAX_BUTTONS = 40


@router.message(is_(COURSES, BUY))
@router.callback_query(Go.filter(F.command.in_({COURSES.name, BUY.name})))
async def show_courses(event: Message | CallbackQuery, session: AsyncSession) -> Any:
    found = await courses.list_modules(session)
    buttons = [press(module.name[:60], ShowModule(id=module.id)) for module in found[:MAX_BUTTONS]]
    return show(event, shop_words.courses(found), rows(*buttons))


@router.callback_query(ShowModule.filter())
async def show_module(query: CallbackQuery, callback_data: ShowModule, session: AsyncSession) -> Any:
    module = await courses.get_module(session, callback_data.id)
    if module is None:
        return await show_courses(query, session)
    offers = await courses.list_offers(session, module.id)
    buttons = [
        press(shop_words.offer_line(offer)[:60], ShowOffer(id=offer.id)) for offer in offers[:MAX_BUTTONS]
    ]
    return show(query, shop_words.module(module, offers), rows(*buttons, go(shop_words.ALL_COURSES, COURSES)))


@router.callback_query(ShowOffer.filter())
async def press_offer(
    query: CallbackQuery, callback_data: ShowOffer, session: AsyncSession, context: AppContext
) -> Any:
    return await show_offer(query, callback_data.id, session, context)


async def show_offer(
    event: Message | CallbackQuery, offer_id: int, session: AsyncSession, context: AppContext
) -> Any:
    """Raises OfferGone."""
    offer = await courses.get_offer(session, offer_id)
    return show(event, shop_words.offer(offer, bool(ways(offer, context))), offer_keyboard(offer, context))


def ways(offer: OfferDetails, context: AppContext) -> list[PaymentMethod]:
    """How this offer can be paid: by its currency, what it allows, and the settings."""
    settings = context.settings
    there = {
        PaymentMethod.LINK: settings.takes_links and offer.currency != "XTR",
        PaymentMethod.INVOICE: settings.telegram_payment_token is not None and offer.currency != "XTR",
        PaymentMethod.STARS: settings.stars_enabled and offer.currency == "XTR",
    }
    return [way for way, can in there.items() if can and (not offer.methods or way in offer.methods)]


def offer_keyboard(offer: OfferDetails, context: AppContext) -> InlineKeyboardMarkup:
    buttons = [press(shop_words.pay_by(way), Pay(offer=offer.id, method=way)) for way in ways(offer, context)]
    return rows(*buttons, press(shop_words.BACK, ShowModule(id=offer.module_id)))


@router.callback_query(Pay.filter(), SignedIn())
async def pay(
    query: CallbackQuery,
    callback_data: Pay,
    session: AsyncSession,
    person: Person,
    context: AppContext,
    now: datetime,
) -> Any:
    """Pressed again while the attempt is open, it gives the same link."""
    offer = await courses.get_offer(session, callback_data.offer)
    method = next((way for way in ways(offer, context) if way == callback_data.method), None)
    if method is None:
        raise MethodNotOffered(callback_data.method)
    message_id = query.message.message_id if query.message else None
    key = secrets.token_urlsafe(24)
    attempt_id, new = await purchases.open_attempt(
        session, person.user_id, person.telegram_id, offer, method, key, message_id, now
    )
    if new:
        await freeze(session, attempt_id, offer, person, context)
    if method is not PaymentMethod.LINK:
        return invoice(await known_order(session, attempt_id), context.settings)
    await enqueue(session, CreatePaymentJob(attempt=attempt_id), priority=5)
    return toast(query, link_words.LINK_SOON)


async def freeze(
    session: AsyncSession, attempt_id: int, offer: OfferDetails, person: Person, context: AppContext
) -> None:
    """Written once: what is asked again is asked in the same words."""
    order = await known_order(session, attempt_id)
    email = person.account.email if person.account else None
    if order.method is PaymentMethod.LINK:
        body = requests.payment(
            offer, order.purchase_id, order.key, return_url(context), email, context.settings
        )
    else:
        body = freeze_invoice(order, context.settings)
    await purchases.record_request(session, attempt_id, body)


async def known_order(session: AsyncSession, attempt_id: int) -> AttemptDetails:
    order = await purchases.get_attempt(session, attempt_id)
    assert order is not None
    return order


def return_url(context: AppContext) -> str:
    """Where the payer's browser returns to: a page of ours, or straight to the chat."""
    public = context.settings.public_url
    return f"{public}/paid" if public else f"https://t.me/{context.username}?start=paid"
