"""Refunds: what the provider is asked for, and from its answers to the books and the news."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.replies import iso
from bot.context import Desk
from bot.notifications.notify import tell, tell_chats
from bot.settings import Settings
from bot.texts import refunds as words
from bot.yookassa import requests
from bot.yookassa.answers import Refund
from db import alerts
from db.accounts import people
from db.errors import RefundByHand
from db.payments import parked
from db.payments.purchases import STARS, YOOKASSA
from db.refunds import booking
from db.refunds import requests as refunds
from db.refunds.booking import Done, Returned
from db.refunds.requests import Plan, Stage, Task
from db.tables import Purchase

log = structlog.get_logger(__name__)


async def plan(
    session: AsyncSession, desk: Desk, purchase_id: int, amount: int | None, asked_by: int, now: datetime
) -> Plan:
    """A draft with its request frozen. Raises what `db.refunds.draft` raises."""
    key = secrets.token_urlsafe(24)
    made = await refunds.draft(session, purchase_id, amount, asked_by, key, now)
    if made.purchase.provider == YOOKASSA and desk.provider is None:
        raise RefundByHand(purchase_id, made.purchase.payment_id)
    learner = await people.somebody(session, made.purchase.user_id)
    with desk.voice.speaking(desk.settings.default_language):
        await refunds.freeze(session, made.refund_id, request(made, learner.email, desk.settings))
    return made


def request(made: Plan, email: str, settings: Settings) -> str:
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


def receipt_of(made: Plan, amount: dict[str, str], email: str, settings: Settings) -> dict[str, Any] | None:
    """54-FZ: the part that is returned, in the words and under the tax of the sale (facts A5: the whole needs none)."""
    asked = orjson.loads(made.purchase.request) if made.purchase.request else {}
    if sold := asked.get("receipt"):
        return {**sold, "items": [{**sold["items"][0], "amount": amount}]}
    if settings.yookassa_vat_code is None or not email:
        return None
    item = requests.description(made.purchase.product, made.purchase.days)
    return requests.receipt(amount, item, email, settings)


async def book(
    session: AsyncSession, desk: Desk, purchase: Purchase, answers: Iterable[Refund], now: datetime
) -> bool:
    """What the provider says of refunds of one payment, each once; `purchase` is locked. Whether there was news."""
    news = [await _book(session, desk, purchase, answer, now) for answer in answers]
    return any(news)


async def _book(session: AsyncSession, desk: Desk, purchase: Purchase, answer: Refund, now: datetime) -> bool:
    match answer.status:
        case "succeeded":
            returned = Returned(answer.id, answer.amount, answer.currency, answer.description)
            done = await booking.succeed(session, purchase, returned, now)
            if done is not None:
                await tell_done(session, desk, done, now)
            return done is not None
        case "canceled":
            refund = await booking.named(session, purchase.provider, answer.id)
            return refund is not None and await fail(session, desk, refund, answer.cancellation or "", now)
        case _:
            return False


async def fail(
    session: AsyncSession, desk: Desk, refund: Task, code: str, now: datetime, about: str = ""
) -> bool:
    """The money stays here and the days with the learner: only the admins hear of it. Whether it was news."""
    error = f"{code} {about}".strip()
    if not await booking.close(session, refund.id, Stage.CANCELED, error, now):
        return False
    log.error("refund_failed", refund_id=refund.id, purchase_id=refund.purchase_id, error=error)
    await tell_chats(
        session,
        desk.settings.admin_ids,
        "refund_failed",
        purchase_id=refund.purchase_id,
        amount=refund.amount,
        currency=refund.currency,
        code=code,
        about=about,
    )
    return True


async def tell_done(session: AsyncSession, desk: Desk, done: Done, now: datetime) -> None:
    purchase, access = done.purchase, done.standing
    facts: dict[str, Any] = {
        "purchase_id": purchase.id,
        "product": purchase.product,
        "amount": done.refund.amount,
        "currency": purchase.currency,
        "days": -done.change.days if done.change else 0,
    }
    await tell(
        session,
        purchase.user_id,
        "refund_done",
        module=purchase.module,
        ends_at=iso(access.access_end),
        is_open=access.endless or (access.access_end is not None and access.access_end > now),
        **facts,
    )
    await tell_chats(
        session,
        _admins(desk, done.refund),
        "admin_refund_done",
        user_id=purchase.user_id,
        asked=done.refund.asked_by is not None,
        **facts,
    )


def _admins(desk: Desk, refund: Task) -> Iterable[int]:
    """Who asked for it hears of it, whether or not the admins want news of payments."""
    if desk.settings.payment_news:
        return desk.settings.admin_ids
    return () if refund.asked_by is None else (refund.asked_by,)


async def stars_refunded(
    session: AsyncSession, desk: Desk, charge_id: str, amount: int, now: datetime
) -> bool:
    """Stars went back to their payer, by us or by Telegram itself. Whether the books did not hold it yet.

    One that comes before its payment is kept, and booked when that is there.
    """
    purchase = await refunds.lock_payment(session, STARS, charge_id)
    if purchase is None:
        await _early(session, charge_id, amount, now)
        return False
    done = await booking.succeed(session, purchase, Returned(charge_id, amount, "XTR"), now)
    if done is not None:
        await tell_done(session, desk, done, now)
    return done is not None


async def _early(session: AsyncSession, charge_id: str, amount: int, now: datetime) -> None:
    await booking.keep_early(session, charge_id, amount, now)
    if await unclaimed_is_back(session, STARS, charge_id, now):
        kept = await booking.named(session, STARS, charge_id)
        if kept is not None:
            await booking.close(session, kept.id, Stage.SUCCEEDED, None, now)


async def unclaimed_is_back(session: AsyncSession, provider: str, payment_id: str, now: datetime) -> bool:
    """A parked payment whose money is back needs nobody's attention any more. Whether there was one."""
    if not await parked.given_back(session, provider, payment_id, now):
        return False
    await alerts.solve(session, "payment_parked", payment_id, now)
    return True
