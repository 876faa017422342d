"""Refunds: what the provider is asked for, and from its answers to the database and the news."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.notifications.events import AdminRefundDone, PaymentParked, RefundDone, RefundFailed
from bot.notifications.notify import notify, notify_chats
from bot.settings import Settings
from bot.texts import refunds as words
from bot.yookassa import requests
from bot.yookassa.answers import ProviderRefund
from db import alerts
from db.accounts import people
from db.errors import RefundByHand
from db.payments import parked
from db.payments.purchases import STARS, YOOKASSA
from db.refunds import booking
from db.refunds import requests as refunds
from db.refunds.booking import BookedRefund, ReturnedMoney
from db.refunds.requests import RefundPlan, RefundStatus, RefundTask
from db.tables import Purchase

log = structlog.get_logger(__name__)


async def plan(
    session: AsyncSession,
    context: AppContext,
    purchase_id: int,
    amount: int | None,
    asked_by: int,
    now: datetime,
) -> RefundPlan:
    """A draft with its request frozen. Raises what `db.refunds.draft` raises."""
    key = secrets.token_urlsafe(24)
    made = await refunds.create_draft(session, purchase_id, amount, asked_by, key, now)
    if made.purchase.provider == YOOKASSA and context.provider is None:
        raise RefundByHand(purchase_id, made.purchase.payment_id)
    learner = await people.get_account_summary(session, made.purchase.user_id)
    with context.localizer.use_locale(context.settings.default_language):
        await refunds.record_request(session, made.refund_id, request(made, learner.email, context.settings))
    return made


def request(made: RefundPlan, email: str, settings: Settings) -> str:
    """The body of `POST /refunds`, or the arguments of `refundStarPayment`."""
    purchase = made.purchase
    if purchase.provider == STARS:
        return orjson.dumps(
            {"user_id": purchase.payer, "telegram_payment_charge_id": purchase.payment_id}
        ).decode()
    body: dict[str, Any] = {
        "payment_id": purchase.payment_id,
        "amount": {"value": requests.value(made.amount, purchase.currency), "currency": purchase.currency},
        "description": words.description(made.refund_id, purchase.id),
    }
    if made.amount < purchase.amount and (receipt := receipt_of(made, body["amount"], email, settings)):
        body["receipt"] = receipt
    return orjson.dumps(body).decode()


def receipt_of(
    made: RefundPlan, amount: dict[str, str], email: str, settings: Settings
) -> dict[str, Any] | None:
    """54-FZ: the part that is returned, in the words and under the tax of the sale; the whole needs none
    (docs/facts.md#provider-refunds)."""
    asked = orjson.loads(made.purchase.request) if made.purchase.request else {}
    if sold := asked.get("receipt"):
        return {**sold, "items": [{**sold["items"][0], "amount": amount}]}
    if settings.yookassa_vat_code is None or not email:
        return None
    item = requests.description(made.purchase.product, made.purchase.days)
    return requests.receipt(amount, item, email, settings)


async def book(
    session: AsyncSession,
    context: AppContext,
    purchase: Purchase,
    answers: Iterable[ProviderRefund],
    now: datetime,
) -> bool:
    """What the provider says of refunds of one payment, each once; `purchase` is locked. Whether there was news."""
    news = [await _book(session, context, purchase, answer, now) for answer in answers]
    return any(news)


async def _book(
    session: AsyncSession, context: AppContext, purchase: Purchase, answer: ProviderRefund, now: datetime
) -> bool:
    match answer.status:
        case "succeeded":
            returned = ReturnedMoney(answer.id, answer.amount, answer.currency, answer.description)
            done = await booking.book_refund(session, purchase, returned, now)
            if done is not None:
                await notify_done(session, context, done, now)
            return done is not None
        case "canceled":
            refund = await booking.get_by_provider_id(session, purchase.provider, answer.id)
            return refund is not None and await fail(session, context, refund, answer.cancellation or "", now)
        case _:
            return False


async def fail(
    session: AsyncSession, context: AppContext, refund: RefundTask, code: str, now: datetime, about: str = ""
) -> bool:
    """The money stays here and the days with the learner: only the admins hear of it. Whether it was news."""
    error = f"{code} {about}".strip()
    if not await booking.close_refund(session, refund.id, RefundStatus.CANCELED, error, now):
        return False
    log.error("refund_failed", refund_id=refund.id, purchase_id=refund.purchase_id, error=error)
    failed = RefundFailed(
        purchase_id=refund.purchase_id,
        amount=refund.amount,
        currency=refund.currency,
        code=code,
        about=about,
    )
    await notify_chats(session, context.settings.admin_ids, failed)
    return True


async def notify_done(session: AsyncSession, context: AppContext, done: BookedRefund, now: datetime) -> None:
    purchase, access = done.purchase, done.standing
    days = -done.change.days if done.change else 0
    refunded = RefundDone(
        purchase_id=purchase.id,
        product=purchase.product,
        module=purchase.module,
        amount=done.refund.amount,
        currency=purchase.currency,
        days=days,
        ends_at=access.access_end,
        is_open=access.endless or (access.access_end is not None and access.access_end > now),
    )
    await notify(session, purchase.user_id, refunded)
    for_admins = AdminRefundDone(
        purchase_id=purchase.id,
        user_id=purchase.user_id,
        product=purchase.product,
        amount=done.refund.amount,
        currency=purchase.currency,
        days=days,
        asked=done.refund.asked_by is not None,
    )
    await notify_chats(session, _admins(context, done.refund), for_admins)


def _admins(context: AppContext, refund: RefundTask) -> Iterable[int]:
    """Who asked for it hears of it, whether or not the admins want news of payments."""
    if context.settings.payment_news:
        return context.settings.admin_ids
    return () if refund.asked_by is None else (refund.asked_by,)


async def stars_refunded(
    session: AsyncSession, context: AppContext, charge_id: str, amount: int, now: datetime
) -> bool:
    """Stars went back to their payer, by us or by Telegram itself. Whether the database did not hold it yet.

    One that comes before its payment is kept, and booked when that is there.
    """
    purchase = await refunds.lock_payment(session, STARS, charge_id)
    if purchase is None:
        await _early(session, charge_id, amount, now)
        return False
    done = await booking.book_refund(session, purchase, ReturnedMoney(charge_id, amount, "XTR"), now)
    if done is not None:
        await notify_done(session, context, done, now)
    return done is not None


async def _early(session: AsyncSession, charge_id: str, amount: int, now: datetime) -> None:
    await booking.record_early_return(session, charge_id, amount, now)
    if await close_refunded_unmatched(session, STARS, charge_id, now):
        kept = await booking.get_by_provider_id(session, STARS, charge_id)
        if kept is not None:
            await booking.close_refund(session, kept.id, RefundStatus.SUCCEEDED, None, now)


async def close_refunded_unmatched(
    session: AsyncSession, provider: str, payment_id: str, now: datetime
) -> bool:
    """A parked payment whose money is back needs nobody's attention any more. Whether there was one."""
    if not await parked.close_refunded(session, provider, payment_id, now):
        return False
    await alerts.close_alert(session, PaymentParked.name, payment_id, now)
    return True
