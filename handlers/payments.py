"""Paying: an order opened, payments inside Telegram, and /purchases with what became of each.

This router is asked first: no step, session, throttle or lock may stand before a payment inside Telegram.
"""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from aiogram import F, Router
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.methods import (
    AnswerCallbackQuery,
    AnswerPreCheckoutQuery,
    EditMessageReplyMarkup,
    EditMessageText,
    SendChatAction,
)
from aiogram.types import CallbackQuery, Message, PreCheckoutQuery, TelegramObject
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import CheckPayment, PayLater
from bot.chat.commands import COURSES, PURCHASES
from bot.chat.keyboards import go, rows
from bot.chat.replies import (
    JobAnswers,
    Method,
    Reply,
    as_list,
    in_place,
    say,
    show,
    toast,
    typing,
    without_buttons,
)
from bot.context import AppContext, Request
from bot.notifications.paid import paid_news
from bot.notifications.registry import word
from bot.payments import timelines
from bot.payments.invoices import freeze_invoice, invoice
from bot.payments.receipts import receipt_customer
from bot.payments.refund_booking import book_stars_refund
from bot.payments.screens import get_order, screen
from bot.payments.settling import notify_charge
from bot.texts import shop as shop_words
from bot.texts.payments import invoices
from bot.texts.payments import orders as order_words
from bot.texts.payments import purchases as words
from bot.yookassa import requests
from db.access.changes import get_access
from db.chats import Person
from db.jobs import AskPaymentJob, CheckPaymentJob, CreatePaymentJob, SlowLinkJob
from db.payments import attempts, orders, purchases
from db.payments.attempts import AttemptDetails
from db.payments.methods import PaymentMethod
from db.payments.purchases import PurchaseSummary
from db.payments.telegram import PreCheckoutVerdict, TelegramCharge, check_pre_checkout, settle_charge
from db.payments.timeline import get_timeline
from db.queue import enqueue, enqueue_all
from db.shop.courses import OfferDetails
from handlers.filters import SignedIn, goes_to, is_

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]
STAYS_ABOVE = (EditMessageText, EditMessageReplyMarkup, AnswerCallbackQuery, SendChatAction)
JUST_NOW = timedelta(minutes=10)  # in which a payer comes back from the checkout page
CHECK_SECONDS = 60  # for which a job that fails, or waits for Telegram, swallows presses

router = Router(name="payments")


@router.pre_checkout_query()
async def pre_checkout(query: PreCheckoutQuery, session: AsyncSession, now: datetime) -> Reply:
    """Telegram declines by itself what is not answered within ten seconds."""
    verdict = await check_pre_checkout(
        session, query.invoice_payload, query.from_user.id, query.total_amount, query.currency, now
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
        at=message.date if message.date.timestamp() else now,  # Telegram has not said when
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


async def open_order(request: Request, offer: OfferDetails, method: PaymentMethod) -> Reply:
    """For a signed-in person. The order is stored first; a job then asks the provider for its link, and shows it with
    the rest of the order's screen. While the order is open, opening it again gives the same one. An invoice is sent
    at once, below the screen. Raises MethodNotOffered."""
    event, session, person, context = request.event, request.session, request.person, request.context
    is_link = method is PaymentMethod.LINK
    opened = await orders.open_attempt(
        session,
        person.user_id,
        person.telegram_id,
        offer,
        method,
        secrets.token_urlsafe(24),
        in_place(event),
        request.now,
        touched=not is_link,
    )
    if (shown := in_place(event)) is not None:
        person.order_id, person.changed = shown, True
        if person.home_id == shown:
            person.home_id = None  # a job rewrites it
    if opened.new:
        await freeze(session, opened.attempt_id, offer, person, context)
    replies: list[Method] = [without_buttons(*copy) for copy in opened.copies]
    if opened.before is not None:
        replies.append(_price_changed(event, order_words.price_changed(opened.before, offer)))
    if is_link:
        await enqueue(session, CreatePaymentJob(attempt=opened.attempt_id), priority=5)
        pause = context.timings.slow_link if opened.new else None  # else another message is to show it
        await enqueue(session, SlowLinkJob(attempt=opened.attempt_id), after=pause, priority=5)
        soon = (opened.new or isinstance(event, Message)) and opened.before is None
        return [*replies, _soon(event)] if soon else replies
    attempt = await get_attempt(session, opened.attempt_id)
    if in_place(event) is not None:
        order = await get_order(session, context, attempt)
        replies.append(show(event, *screen(order, request.now)))
    return [*replies, invoice(attempt, context.settings)]


def _price_changed(event: Message | CallbackQuery, text: str) -> Method:
    return toast(event, text, alert=True) if isinstance(event, CallbackQuery) else say(event, text)


def _soon(event: Message | CallbackQuery) -> Method:
    return toast(event, order_words.LINK_SOON) if isinstance(event, CallbackQuery) else typing(event)


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
    return f"{public}/paid" if public else f"https://t.me/{context.username}"


@router.message(is_(PURCHASES), SignedIn())
@router.callback_query(goes_to(PURCHASES), SignedIn())
async def show_purchases(event: Message | CallbackQuery, request: Request) -> Reply:
    """With the button for the open order also where that is in no list yet: it may be paid already."""
    found = await purchases.list_purchases(request.session, request.person.user_id)
    order = await orders.get_open_order(request.session, request.person.user_id)
    keyboard = timelines.buttons(found, order) or rows(go(shop_words.SEE_COURSES, COURSES))
    return say(event, words.purchases(found), keyboard)


async def show_paid(request: Request) -> Reply:
    """For who comes back from the checkout page: what was paid just now, else the open order, asked about at once."""
    session, person, now = request.session, request.person, request.now
    paid = await purchases.get_last_paid(session, person.user_id)
    just_now = paid is not None and paid.purchased_at is not None and paid.purchased_at > now - JUST_NOW
    order = None if just_now else await orders.get_open_order(session, person.user_id)
    if order is not None:
        others = await orders.hurry(
            session, person.user_id, order, now
        )  # which one was paid, nobody has said
        await enqueue_all(session, [AskPaymentJob(attempt=other) for other in others])
        return await ask_about(request, order, None)
    if paid is None:
        return say(request.event, words.NOTHING_PAID, rows(go(shop_words.SEE_COURSES, COURSES)))
    return await say_paid(request, paid, just_now)


async def say_paid(request: Request, paid: PurchaseSummary, just_now: bool) -> Reply:
    """As the news of it: what is open until when, and where to go on."""
    access = await get_access(request.session, request.person.user_id, paid.module_id)
    ends_at = access.ends_at if access else None
    told = word(await paid_news(request.session, request.person.user_id, paid, ends_at, request.now))
    text = told.text if just_now else f"{words.ALL_PAID}\n\n{told.text}"
    return say(request.event, text, told.keyboard)


@router.callback_query(CheckPayment.filter(), SignedIn())
async def show_timeline(query: CallbackQuery, callback_data: CheckPayment, request: Request) -> Reply:
    """`here`: in place of the message that bears the button; else as a new one. Raises PurchaseUnknown."""
    return await ask_about(request, callback_data.purchase, in_place(query) if callback_data.here else None)


async def ask_about(request: Request, purchase_id: int, message_id: int | None) -> Reply:
    """A pending purchase is checked at the provider by a job, one at a time however often the button is pressed; what
    becomes of it is shown by that message from now on, or by a new one. Raises PurchaseUnknown."""
    event, session, person = request.event, request.session, request.person
    found = await get_timeline(session, purchase_id, person.user_id)
    attempt = found.attempt
    if attempt is None or not found.waits:
        support = request.context.settings.support_contact
        text, keyboard = timelines.shown(found, words.CheckStage.NOTHING, request.now, support)
        return (say if message_id is None else show)(event, text, keyboard)
    await orders.mark_touched(session, attempt.id, request.now)
    query_id = event.id if isinstance(event, CallbackQuery) else None
    job = CheckPaymentJob(
        attempt=attempt.id, telegram_id=person.telegram_id, message_id=message_id, query_id=query_id
    )
    seconds = request.now.timestamp() // CHECK_SECONDS
    key = f"check_payment:{person.telegram_id}:{attempt.question}:{seconds:.0f}"
    if not await enqueue(session, job, priority=5, key=key):
        return (
            toast(event, words.CHECKING) if isinstance(event, CallbackQuery) else say(event, words.CHECKING)
        )
    copies = await orders.take_message(session, attempt.id, person.telegram_id, message_id)
    waits = JobAnswers(callback_query_id=query_id) if query_id else typing(event)
    return [*(without_buttons(*copy) for copy in copies), waits]


async def forget_buried(handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
    """Middleware: what is written below an order's message, by its payer or to them, hides it: news of a payment is a
    message of its own then."""
    answer, person = await handler(event, data), data["person"]
    if person.order_id is not None and answer is not UNHANDLED:
        sends = any(not isinstance(one, STAYS_ABOVE) for one in as_list(answer))
        if sends or isinstance(event, Message):
            person.order_id, person.changed = None, True
    return answer


@router.callback_query(PayLater.filter())
async def pay_later(query: CallbackQuery) -> Reply:
    """The ways to pay go from below the decline."""
    stripped = without_buttons(query.from_user.id, query.message.message_id) if query.message else None
    return [toast(query, order_words.LATER), stripped]
