"""Refunds at the provider: sent under one key until an answer is known, asked for until they have ended."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramRetryAfter,
)
from aiogram.methods import RefundStarPayment
from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import Desk
from bot.jobs.retry import RunAgain
from bot.payments import refunding
from bot.payments.provider import KEY_LIVES, again, provider_of
from bot.payments.settling import settle_in
from bot.yookassa.answers import ProviderRefused, ProviderUnknown, Refund
from db.engine import Lane
from db.payments.purchases import STARS, YOOKASSA, Status
from db.payments.settling import Outcome, Settled
from db.queue import enqueue
from db.refunds import booking, requests
from db.refunds.requests import Stage, Task

log = structlog.get_logger(__name__)

LONGEST_PAUSE = timedelta(hours=1)  # between two questions about one refund
EARLY_WAITS = timedelta(
    days=3
)  # Telegram redelivers a payment for one day, reconciliation looks back over two
BACK_ALREADY = "CHARGE_ALREADY_REFUNDED"  # facts C3: a repetition; the Stars are back


async def create_refund(payload: dict[str, Any], desk: Desk) -> None:
    """Sends the frozen request under its key until an answer is known; one that is known already is asked for."""
    now = desk.now()
    async with desk.books.transaction(Lane.JOBS) as session:
        refund = await requests.task(session, payload["refund"])
        if refund is None or refund.status != Stage.PENDING:
            return
        if not await requests.sent(session, refund.id, now) and refund.sent_at is None:
            refund = replace(refund, sent_at=now)  # another process has come first, a moment ago
    if refund.provider == STARS:
        await _return_stars(desk, refund, now)
    elif refund.provider_refund_id is not None:
        await _ask(desk, refund, refund.provider_refund_id)
    else:
        made = await _create(desk, refund, now)
        if made is not None:
            await _made(desk, refund, made)


async def _create(desk: Desk, refund: Task, now: datetime) -> Refund | None:
    """None where it has ended without one. Raises RunAgain while the outcome is unknown."""
    try:
        if refund.sent_at is not None and now - refund.sent_at >= KEY_LIVES:
            made = await _look_up(desk, refund)
            if made is None:
                await _fail(desk, refund, "never created")
            return made
        return await provider_of(desk).create_refund(refund.request, refund.key)
    except ProviderRefused as error:
        return await _refused(desk, refund, error)
    except ProviderUnknown as error:
        log.warning("refund_outcome_unknown", refund_id=refund.id, reason=error.reason)
        raise again(error) from error


async def _refused(desk: Desk, refund: Task, error: ProviderRefused) -> Refund | None:
    """Where an earlier request may have got through, a refusal of this one says nothing about that one."""
    if refund.sent_at is not None:
        try:
            made = await _look_up(desk, refund)
        except (ProviderUnknown, ProviderRefused) as second:
            raise RunAgain(f"refused ({error.code}), and not looked up: {second}") from second
        if made is not None:
            return made
    about = error.description + (f" ({error.parameter})" if error.parameter else "")
    await _fail(desk, refund, error.code, about)
    return None


async def _look_up(desk: Desk, refund: Task) -> Refund | None:
    """Among all refunds of the payment the one that no other row of ours bears and that looks like this one."""
    body = orjson.loads(refund.request)
    since = (refund.sent_at or refund.created_at) - timedelta(minutes=5)
    found = [
        made
        async for made in provider_of(desk).refunds(payment_id=body["payment_id"], created_from=since)
        if (made.amount, made.currency) == (refund.amount, refund.currency)
        and made.description in (None, body["description"])
    ]
    async with desk.books.transaction(Lane.JOBS) as session:
        taken = await booking.claimed(session, YOOKASSA, [made.id for made in found])
    return next((made for made in reversed(found) if made.id not in taken), None)


async def _made(desk: Desk, refund: Task, made: Refund) -> None:
    """An answer of the provider: booked, or asked for again later."""
    if await _book(desk, refund, made):
        first = desk.pace.ask_after(0)
        async with desk.books.transaction(Lane.JOBS) as session:
            await _ask_later(session, refund.id, 1, first)


async def _book(desk: Desk, refund: Task, made: Refund) -> bool:
    """Whether it has not ended yet."""
    now = desk.now()
    async with desk.books.transaction(Lane.MONEY) as session:
        purchase = await requests.lock(session, refund.purchase_id) if refund.purchase_id else None
        await booking.answered(session, refund, made.id, now)
        if purchase is not None:
            await refunding.book(session, desk, purchase, [made], now)
        elif made.status in (Stage.SUCCEEDED, Stage.CANCELED):
            await booking.close(session, refund.id, Stage(made.status), made.cancellation, now)
    return made.status == Stage.PENDING


async def _fail(desk: Desk, refund: Task, code: str, about: str = "") -> None:
    async with desk.books.transaction(Lane.JOBS) as session:
        if refund.purchase_id is not None:
            await requests.lock(session, refund.purchase_id)
        await refunding.fail(session, desk, refund, code, desk.now(), about)


async def ask_refund(payload: dict[str, Any], desk: Desk) -> None:
    """Only success is called back (facts A5), so a pending refund is asked for, with growing pauses, to its end."""
    async with desk.books.transaction(Lane.JOBS) as session:
        refund = await requests.task(session, payload["refund"])
    if refund is None or refund.status != Stage.PENDING or refund.provider_refund_id is None:
        return
    if await _ask(desk, refund, refund.provider_refund_id):
        asked = payload["asked"]
        async with desk.books.transaction(Lane.JOBS) as session:
            await _ask_later(session, refund.id, asked + 1, _pause(desk, asked))


async def _ask(desk: Desk, refund: Task, provider_refund_id: str) -> bool:
    """Whether it has not ended yet. Raises RunAgain where the provider did not say."""
    try:
        return await _book(desk, refund, await provider_of(desk).refund(provider_refund_id))
    except ProviderUnknown as error:
        raise again(error) from error
    except ProviderRefused as error:
        log.error("refund_not_shown", refund_id=refund.id, error=str(error))
        return True


async def _ask_later(session: AsyncSession, refund_id: int, asked: int, pause: timedelta) -> None:
    """One chain of questions per refund: a job that was run twice adds no second one."""
    await enqueue(
        session,
        "ask_refund",
        {"refund": refund_id, "asked": asked},
        after=pause,
        key=f"ask_refund:{refund_id}:{asked}",
    )


def _pause(desk: Desk, asked: int) -> timedelta:
    """As an open payment is asked for, and then twice as long each time: a bank may take days."""
    doublings: int = 2 ** min(max(0, asked - len(desk.pace.asks) + 1), 16)
    return min(desk.pace.ask_after(asked) * doublings, LONGEST_PAUSE)


async def _return_stars(desk: Desk, refund: Task, now: datetime) -> None:
    if refund.asked_by is None:
        await _again_early(desk, refund, now)
        return
    asked = orjson.loads(refund.request)
    try:
        await desk.bot(RefundStarPayment(**asked))
    except (TelegramBadRequest, TelegramForbiddenError) as error:
        if BACK_ALREADY not in error.message:
            await _fail(desk, refund, error.message)
            return
    except TelegramRetryAfter as error:
        raise RunAgain(str(error), timedelta(seconds=error.retry_after)) from error
    except (TelegramAPIError, ClientDecodeError) as error:
        raise RunAgain(f"Telegram did not say: {error!r}") from error
    async with desk.books.transaction(Lane.MONEY) as session:
        charge_id = asked["telegram_payment_charge_id"]
        await refunding.stars_refunded(session, desk, charge_id, refund.amount, desk.now())


async def _again_early(desk: Desk, refund: Task, now: datetime) -> None:
    """Stars that were back before our books held their payment; it may be there now."""
    assert refund.provider_refund_id is not None  # kept under its charge
    async with desk.books.transaction(Lane.MONEY) as session:
        await refunding.stars_refunded(session, desk, refund.provider_refund_id, refund.amount, now)
        if now - refund.created_at > EARLY_WAITS:
            await booking.close(session, refund.id, Stage.SUCCEEDED, "no purchase", now)


async def settle_refunds(desk: Desk, payment_id: str) -> Settled:
    """The payment, and every refund of it, as fetched with our own key; also those made in the dashboard.

    Raises ProviderRefused, ProviderUnknown.
    """
    provider = provider_of(desk)
    payment = await provider.payment(payment_id)
    made = [refund async for refund in provider.refunds(payment_id=payment_id)]
    now = desk.now()
    async with desk.books.transaction(Lane.MONEY) as session:
        settled = await settle_in(session, desk, payment, now)
        purchase = settled.purchase
        if settled.outcome is Outcome.UNKNOWN and payment.refunded >= payment.amount:
            await refunding.unclaimed_is_back(session, YOOKASSA, payment.id, now)
        elif settled.outcome is Outcome.MISMATCH or purchase is None:
            return settled
        elif purchase.status in (Status.SUCCEEDED, Status.REFUNDED):
            await refunding.book(session, desk, purchase, reversed(made), now)
    return settled
