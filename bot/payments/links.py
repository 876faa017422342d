"""Payments by link: the provider is called here and nowhere else, with no connection held."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiogram.methods import EditMessageText, SendMessage
from aiogram.types import InlineKeyboardMarkup
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import CheckPayment
from bot.chat.keyboards import open_url, press, rows
from bot.context import Desk
from bot.jobs.retry import RunAgain
from bot.notifications.notify import tell_chats
from bot.payments.invoices import tell_received
from bot.payments.provider import KEY_LIVES, again, provider_of
from bot.payments.refund_requests import settle_refunds
from bot.payments.settling import park_unknown, settle_in, tell_not_credited, try_again
from bot.texts import payments as words
from bot.texts import purchases as purchase_words
from bot.updates.sender import Later, Method, send
from bot.yookassa.answers import Payment, ProviderRefused, ProviderUnknown
from bot.yookassa.client import YooKassa
from db import chats
from db.engine import Lane
from db.errors import Refused
from db.payments import callbacks, purchases
from db.payments.purchases import Order
from db.payments.settling import Outcome, Settled
from db.payments.telegram import receive_assigned
from db.queue import enqueue

log = structlog.get_logger(__name__)


async def create_payment(payload: dict[str, Any], desk: Desk) -> None:
    """Sends the frozen request under its key until an answer is known; then the waiting message becomes the link."""
    now = desk.now()
    async with desk.books.transaction(Lane.JOBS) as session:
        order = await purchases.order(session, payload["attempt"])
        if order is None or order.closed_at is not None or order.status != purchases.Status.PENDING:
            return
        await purchases.sent(session, order.attempt_id, now)
    if order.link is not None:
        await say(desk, order, words.pay_here, link_keyboard)
        return
    if order.sent_at is None:
        await say(desk, order, words.preparing)
    payment = await _create(desk, order, now)
    if payment is not None:
        await _created(desk, order, payment)


async def _create(desk: Desk, order: Order, now: datetime) -> Payment | None:
    """None where the provider refused, which ends the attempt. Raises RunAgain while the outcome is unknown."""
    provider = provider_of(desk)
    try:
        if order.sent_at is not None and now - order.sent_at >= KEY_LIVES:
            return await _look_up(desk, provider, order)
        return await provider.create_payment(order.request, order.key)
    except ProviderRefused as error:
        await _refused(desk, order, error)
        return None
    except ProviderUnknown as error:
        log.warning("payment_outcome_unknown", purchase_id=order.purchase_id, reason=error.reason)
        raise again(error) from error


async def _look_up(desk: Desk, provider: YooKassa, order: Order) -> Payment | None:
    """A key this old would be a new operation: the payment is looked for, and the attempt ends without one."""
    since = (order.sent_at or order.created_at) - timedelta(minutes=5)
    async for payment in provider.payments(created_from=since, created_to=since + timedelta(hours=25)):
        if payment.metadata.get("key") == order.key:
            return payment
    async with desk.books.transaction(Lane.JOBS) as session:
        closed = await purchases.refused(session, order, "never created", desk.now())
    if closed:
        await say(desk, order, words.never_created, lambda order: try_again(order.offer_id))
    return None


async def _created(desk: Desk, order: Order, payment: Payment) -> None:
    now = desk.now()
    first = desk.pace.ask_after(0)
    async with desk.books.transaction(Lane.JOBS) as session:
        await purchases.answered(
            session,
            order,
            payment_id=payment.id,
            link=payment.link,
            link_ends_at=payment.created_at + desk.pace.link_lives,
            test=payment.test,
            recipient=payment.recipient,
            next_ask_at=now + first,
            now=now,
        )
        await enqueue(session, "ask_payment", {"attempt": order.attempt_id}, after=first)
        settled = await settle_in(session, desk, payment, now)
        order = await purchases.order(session, order.attempt_id) or order
    if settled.outcome is Outcome.OPEN and order.link:
        await say(desk, order, words.pay_here, link_keyboard)


async def _refused(desk: Desk, order: Order, error: ProviderRefused) -> None:
    log.error("payment_refused", purchase_id=order.purchase_id, code=error.code, about=error.description)
    async with desk.books.transaction(Lane.JOBS) as session:
        if not await purchases.refused(session, order, error.code, desk.now()):
            return
        await tell_chats(
            session,
            desk.settings.admin_ids,
            "provider_refused",
            purchase_id=order.purchase_id,
            code=error.code,
            about=error.description,
            parameter=error.parameter,
        )
    await say(desk, order, words.refused, lambda order: try_again(order.offer_id))


def link_keyboard(order: Order) -> InlineKeyboardMarkup | None:
    if order.link is None:
        return None
    return rows(
        open_url(words.pay_button(order.amount, order.currency), order.link),
        press(purchase_words.where(), CheckPayment(purchase=order.purchase_id)),
    )


async def say(desk: Desk, order: Order, text: Any, keyboard: Any = None) -> None:
    """In place of the message whose button was pressed, where there is one."""
    if order.message_id is None:
        await say_anew(desk, order, lambda: text(order), keyboard)
        return
    async with _spoken_to(desk, order):
        method = EditMessageText(
            chat_id=order.telegram_id,
            message_id=order.message_id,
            text=text(order),
            reply_markup=keyboard(order) if keyboard else None,
        )
    await _deliver(desk, method)


async def say_anew(desk: Desk, order: Order, text: Any, keyboard: Any = None) -> None:
    async with _spoken_to(desk, order):
        method = SendMessage(
            chat_id=order.telegram_id, text=text(), reply_markup=keyboard(order) if keyboard else None
        )
    await _deliver(desk, method)


@asynccontextmanager
async def _spoken_to(desk: Desk, order: Order) -> AsyncIterator[None]:
    async with desk.books.transaction(Lane.JOBS) as session:
        chosen, telegram = await chats.language_of(session, order.telegram_id)
    with desk.voice.speaking(desk.voice.language(chosen, telegram)):
        yield


async def _deliver(desk: Desk, method: Method) -> None:
    try:
        await send(desk, method)
    except Later as later:
        raise RunAgain("not sent", timedelta(seconds=later.delay)) from later


async def ask_payment(payload: dict[str, Any], desk: Desk) -> None:
    """Asks the provider for an open payment, and arranges the next time while its link can be paid.

    A job that is not due has been overtaken by another one: there is one chain of questions per attempt.
    """
    async with desk.books.transaction(Lane.JOBS) as session:
        order = await purchases.order(session, payload["attempt"])
    if order is None or order.status != purchases.Status.PENDING:
        return
    if _is_due(order, desk):
        await ask(desk, order)


def _is_due(order: Order, desk: Desk) -> bool:
    return order.next_ask_at is None or order.next_ask_at <= desk.now() + timedelta(seconds=1)


async def ask(desk: Desk, order: Order) -> Settled | None:
    """None where the provider did not say, or has not been told of the payment yet.

    Asked out of turn (the payer wants to know), it leaves the chain of questions as it is.
    """
    if order.payment_id is None:
        return None
    try:
        payment = await provider_of(desk).payment(order.payment_id)
    except (ProviderUnknown, ProviderRefused) as error:
        log.warning("payment_not_asked", purchase_id=order.purchase_id, reason=str(error))
        payment = None
    settled = None
    async with desk.books.transaction(Lane.JOBS) as session:
        if payment is not None:
            settled = await settle_in(session, desk, payment, desk.now())
        still = settled is None or settled.outcome in (Outcome.OPEN, Outcome.MISMATCH, Outcome.NOT_CREDITED)
        if still and _is_due(order, desk):
            await _ask_again(session, desk, order)
        elif still:
            await purchases.asked_out_of_turn(session, order.attempt_id, desk.now())
    return settled


async def _ask_again(session: AsyncSession, desk: Desk, order: Order) -> None:
    """With growing intervals while the link lives, then hourly until the provider says an end (reconciliation)."""
    now = desk.now()
    alive = order.link_ends_at is None or now < order.link_ends_at + timedelta(minutes=5)
    pause = desk.pace.ask_after(order.asked + 1) if alive else desk.pace.link_lives
    await purchases.asked(session, order.attempt_id, now, now + pause)
    await enqueue(session, "ask_payment", {"attempt": order.attempt_id}, after=pause)


async def verify_callback(payload: dict[str, Any], desk: Desk) -> None:
    """A callback is a hint: what counts is the payment fetched with our own key."""
    async with desk.books.transaction(Lane.JOBS) as session:
        callback = await callbacks.unhandled(session, payload["id"])
    if callback is None:
        return
    try:
        if callback.event.startswith("refund."):
            await settle_refunds(desk, callback.payment_id)
        payment = await provider_of(desk).payment(callback.payment_id)
    except ProviderUnknown as error:
        raise again(error) from error
    except ProviderRefused as error:
        if error.status in (401, 403):
            raise RunAgain(f"{error.status} {error.code}") from error
        await _handled(desk, callback.id, f"refused: {error.code}")
        return
    now = desk.now()
    async with desk.books.transaction(Lane.MONEY) as session:
        settled = await settle_in(session, desk, payment, now)
        if settled.outcome is not Outcome.UNKNOWN:
            await callbacks.handled(session, callback.id, settled.outcome.value, now)
        elif now - callback.received_at >= desk.pace.unknown_waits:
            await park_unknown(session, desk, payment, now)
            await callbacks.handled(session, callback.id, settled.outcome.value, now)
    if settled.outcome is Outcome.UNKNOWN and now - callback.received_at < desk.pace.unknown_waits:
        # Its own answer, or Telegram's word on the same payment, may still be on the way.
        raise RunAgain("no purchase bears this payment yet", desk.pace.unknown_waits)


async def _handled(desk: Desk, callback_id: int, outcome: str) -> None:
    async with desk.books.transaction(Lane.JOBS) as session:
        await callbacks.handled(session, callback_id, outcome, desk.now())


async def settle_assigned(payload: dict[str, Any], desk: Desk) -> None:
    """A parked payment an admin has assigned. Stars: Telegram's own word was the proof when it was parked."""
    async with desk.books.transaction(Lane.MONEY) as session:
        order = await purchases.order(session, payload["attempt"])
    if order is None or order.status != purchases.Status.PENDING:
        return
    if order.payment_id is not None and order.method is not purchases.Method.STARS:
        payment = await provider_of(desk).payment(order.payment_id)
        async with desk.books.transaction(Lane.MONEY) as session:
            await settle_in(session, desk, payment, desk.now())
        return
    try:
        async with desk.books.transaction(Lane.MONEY) as session:
            received = await receive_assigned(session, order.attempt_id, desk.now())
            await tell_received(session, desk, None, received)
    except Refused as refused:
        async with desk.books.transaction(Lane.MONEY) as session:
            money = order.amount, order.currency
            await tell_not_credited(session, desk, order.purchase_id, order.telegram_id, *money)
        raise RunAgain(repr(refused), desk.pace.link_lives) from refused
