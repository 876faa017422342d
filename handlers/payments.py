"""Paying: the way chosen, payments inside Telegram, and /purchases with what became of each.

This router is asked first: no step, session, throttle or lock may stand before a payment inside Telegram.
"""

import secrets
from datetime import datetime

from aiogram import F, Router
from aiogram.methods import AnswerPreCheckoutQuery
from aiogram.types import CallbackQuery, Message, PreCheckoutQuery
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import CheckPayment, Go, Pay
from bot.chat.commands import PURCHASES
from bot.chat.replies import Reply, say, show, toast
from bot.context import AppContext, Request
from bot.payments import timelines
from bot.payments.invoices import freeze_invoice, invoice
from bot.payments.offering import payment_methods
from bot.payments.receipts import receipt_customer
from bot.payments.refund_booking import book_stars_refund
from bot.payments.settling import notify_charge
from bot.texts.payments import invoices, links
from bot.texts.payments import purchases as words
from bot.yookassa import requests
from db.chats import Person
from db.errors import MethodNotOffered
from db.jobs import CheckPaymentJob, CreatePaymentJob
from db.payments import attempts, purchases
from db.payments.attempts import AttemptDetails
from db.payments.methods import PaymentMethod
from db.payments.telegram import PreCheckoutVerdict, TelegramCharge, check_pre_checkout, settle_charge
from db.payments.timeline import get_timeline
from db.queue import enqueue
from db.shop import courses
from db.shop.courses import OfferDetails
from handlers.accounts.receipts import ask_for_contact
from handlers.filters import SignedIn, is_

CHECK_SECONDS = 60  # for which a job that fails, or waits for Telegram, swallows presses

router = Router(name="payments")


@router.pre_checkout_query()
async def pre_checkout(query: PreCheckoutQuery, session: AsyncSession) -> Reply:
    """Telegram declines by itself what is not answered within ten seconds."""
    verdict = await check_pre_checkout(
        session, query.invoice_payload, query.from_user.id, query.total_amount, query.currency
    )
    if verdict is PreCheckoutVerdict.OK:
        return AnswerPreCheckoutQuery(pre_checkout_query_id=query.id, ok=True)
    return AnswerPreCheckoutQuery(
        pre_checkout_query_id=query.id, ok=False, error_message=invoices.refusal(verdict)
    )


@router.message(F.successful_payment)
async def successful_payment(
    message: Message, session: AsyncSession, context: AppContext, now: datetime
) -> None:
    paid = message.successful_payment
    assert paid is not None
    assert message.from_user is not None
    charge = TelegramCharge(
        payload=paid.invoice_payload,
        amount=paid.total_amount,
        currency=paid.currency,
        telegram_id=message.from_user.id,
        charge_id=paid.telegram_payment_charge_id,
        provider_charge_id=paid.provider_payment_charge_id,
        at=message.date,
    )
    settlement = await settle_charge(session, charge, now)
    await notify_charge(session, context, charge, settlement)


@router.message(F.refunded_payment)
async def refunded_payment(
    message: Message, session: AsyncSession, context: AppContext, now: datetime
) -> None:
    """Stars returned, by us or by Telegram itself: access is shortened in both cases."""
    returned = message.refunded_payment
    assert returned is not None
    charge_id, amount = returned.telegram_payment_charge_id, returned.total_amount
    await book_stars_refund(session, context, charge_id, amount, now)


@router.callback_query(Pay.filter(), SignedIn())
async def pay(query: CallbackQuery, callback_data: Pay, request: Request) -> Reply:
    """Raises OfferGone and MethodNotOffered."""
    offer = await courses.get_offer(request.session, callback_data.offer)
    possible = payment_methods(offer, request.context.settings)
    method = next((method for method in possible if method == callback_data.method), None)
    if method is None:
        raise MethodNotOffered(callback_data.method)
    return await open_order(request, offer, method)


async def open_order(request: Request, offer: OfferDetails, method: PaymentMethod) -> Reply:
    """For a signed-in person. The purchase is stored first; a job then asks the provider. While the attempt is open,
    opening it again gives the same link. By link, it is asked first where the receipt goes to, unless that is known.
    Raises MethodNotOffered."""
    event, session, person, context = request.event, request.session, request.person, request.context
    if method is PaymentMethod.LINK and (question := await ask_for_contact(request, offer.id)) is not None:
        return question
    message_id = event.message.message_id if isinstance(event, CallbackQuery) and event.message else None
    key = secrets.token_urlsafe(24)
    attempt_id, new = await attempts.open_attempt(
        session, person.user_id, person.telegram_id, offer, method, key, message_id, request.now
    )
    if new:
        await freeze(session, attempt_id, offer, person, context)
    if method is not PaymentMethod.LINK:
        return invoice(await get_attempt(session, attempt_id), context.settings)
    await enqueue(session, CreatePaymentJob(attempt=attempt_id), priority=5)
    return toast(event, links.LINK_SOON) if isinstance(event, CallbackQuery) else say(event, links.LINK_SOON)


async def freeze(
    session: AsyncSession, attempt_id: int, offer: OfferDetails, person: Person, context: AppContext
) -> None:
    """Stores the request's body: each retry sends the same one."""
    attempt, settings = await get_attempt(session, attempt_id), context.settings
    if attempt.method is PaymentMethod.LINK:
        back = return_url(context)
        customer = await receipt_customer(session, person.user_id, settings)
        body = requests.payment(offer, attempt.purchase_id, attempt.key, back, customer, settings)
    else:
        body = freeze_invoice(attempt, settings)
    await attempts.record_request(session, attempt_id, body)


async def get_attempt(session: AsyncSession, attempt_id: int) -> AttemptDetails:
    attempt = await attempts.get_attempt(session, attempt_id)
    assert attempt is not None
    return attempt


def return_url(context: AppContext) -> str:
    """Where the payer's browser returns to: our page `/paid`, or the chat where there is no PUBLIC_URL."""
    public = context.settings.public_url
    return f"{public}/paid" if public else f"https://t.me/{context.username}?start=paid"


@router.message(is_(PURCHASES), SignedIn())
@router.callback_query(Go.filter(F.command == PURCHASES.name), SignedIn())
async def show_purchases(event: Message | CallbackQuery, session: AsyncSession, person: Person) -> Reply:
    return await list_purchases(event, session, person)


async def list_purchases(event: Message | CallbackQuery, session: AsyncSession, person: Person) -> Reply:
    found = await purchases.list_purchases(session, person.user_id)
    return say(event, words.purchases(found), timelines.buttons(found))


async def show_unpaid(event: Message | CallbackQuery, session: AsyncSession, person: Person) -> Reply:
    """For who comes back from the checkout page."""
    found = await purchases.list_unpaid(session, person.user_id)
    text = words.unpaid(found) if found else words.NOTHING_UNPAID
    return say(event, text, timelines.buttons(found))


@router.callback_query(CheckPayment.filter(), SignedIn())
async def show_timeline(
    query: CallbackQuery,
    callback_data: CheckPayment,
    session: AsyncSession,
    person: Person,
    context: AppContext,
    now: datetime,
) -> Reply:
    return await check(query, callback_data, session, person, context, now)


async def check(
    query: CallbackQuery,
    callback_data: CheckPayment,
    session: AsyncSession,
    person: Person,
    context: AppContext,
    now: datetime,
) -> Reply:
    """A pending purchase is checked at the provider by a job, one at a time however often the button is pressed."""
    found = await get_timeline(session, callback_data.purchase, person.user_id)
    attempt = found.attempt
    if attempt is None or not found.waits:
        support = context.settings.support_contact
        text, keyboard = timelines.shown(found, words.CheckStage.NOTHING, now, support)
        return (show if callback_data.here else say)(query, text, keyboard)
    here = query.message.message_id if callback_data.here and query.message else None
    job = CheckPaymentJob(attempt=attempt.id, telegram_id=person.telegram_id, message_id=here)
    key = f"check_payment:{person.telegram_id}:{attempt.question}:{now.timestamp() // CHECK_SECONDS:.0f}"
    await enqueue(session, job, priority=5, key=key)
    return toast(query, words.CHECKING)
