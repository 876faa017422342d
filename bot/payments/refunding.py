"""Refunds at the provider: sent under one key until an answer is known, asked for until they have ended."""

from dataclasses import replace
from datetime import datetime, timedelta

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

from bot.context import AppContext
from bot.notifications.alert_events import RefundUnknown
from bot.payments import refund_booking
from bot.payments.alarms import (
    YOOKASSA_REFUNDS,
    close_unknown,
    keep_unknown,
    readable,
    record_unknown,
)
from bot.payments.provider import KEY_LIFETIME, get_provider, retry_job
from bot.payments.settling import settle_payment
from bot.raw_json import Unreadable
from bot.retry import RetryJobError, asked_pause, backoff
from bot.yookassa.answers import ProviderPayment, ProviderRefund, ProviderRefusedError, ProviderUnknownError
from db.engine import Pool
from db.jobs import AskRefundJob, CreateRefundJob
from db.payments.methods import STARS, YOOKASSA
from db.payments.purchases import PurchaseStatus, lock_purchase
from db.payments.settling import Outcome, Settlement
from db.queue import enqueue
from db.refunds import booking, requests
from db.refunds.requests import RefundStatus, RefundTask

log = structlog.get_logger(__name__)

LONGEST_PAUSE = timedelta(hours=1)  # between two questions about one refund
EARLY_WAITS = timedelta(days=3)  # Telegram redelivers a payment for one day, reconciliation looks back two
ENDED = (RefundStatus.SUCCEEDED, RefundStatus.CANCELED)
BACK_ALREADY = "CHARGE_ALREADY_REFUNDED"  # docs/facts.md#stars


async def create_refund(job: CreateRefundJob, context: AppContext) -> None:
    """Sends the frozen request under its key until an answer is known; one that is known already is asked for."""
    now = context.now()
    async with context.database.transaction(Pool.JOBS) as session:
        refund = await requests.get_task(session, job.refund)
        if refund is None or refund.status != RefundStatus.PENDING:
            return
        if not await requests.mark_sent(session, refund.id, now) and refund.sent_at is None:
            refund = replace(refund, sent_at=now)  # another process has come first, a moment ago
    if refund.provider == STARS:
        await _return_stars(context, refund, now)
    elif refund.provider_refund_id is not None:
        await _ask(context, refund, refund.provider_refund_id)
    else:
        answer = await _create(context, refund, now)
        if answer is not None:
            await _record_answer(context, refund, answer)


async def _create(context: AppContext, refund: RefundTask, now: datetime) -> ProviderRefund | None:
    """None where it has ended without one. Raises RetryJobError while the outcome is unknown."""
    try:
        if refund.sent_at is not None and now - refund.sent_at >= KEY_LIFETIME:
            answer = await _look_up(context, refund)
            if answer is None:
                await _record_failure(context, refund, "never created")
            return answer
        return await get_provider(context).create_refund(refund.request, refund.key)
    except ProviderRefusedError as error:
        return await _record_refusal(context, refund, error)
    except ProviderUnknownError as error:
        log.warning("refund_outcome_unknown", refund_id=refund.id, error=error)
        await _record_unknown(context, refund, error.reason)
        raise retry_job(error) from error


async def _record_refusal(
    context: AppContext, refund: RefundTask, error: ProviderRefusedError
) -> ProviderRefund | None:
    """Where an earlier request may have got through, a refusal of this one says nothing about that one."""
    if refund.sent_at is not None:
        try:
            answer = await _look_up(context, refund)
        except (ProviderUnknownError, ProviderRefusedError) as second:
            await _record_unknown(context, refund, str(second))
            raise RetryJobError(f"refused ({error.code}), and not looked up: {second}") from second
        if answer is not None:
            return answer
    about = error.description + (f" ({error.parameter})" if error.parameter else "")
    await _record_failure(context, refund, error.code, about)
    return None


async def _look_up(context: AppContext, refund: RefundTask) -> ProviderRefund | None:
    """Among all refunds of the payment the one that no other row of ours has and that looks like this one."""
    body = orjson.loads(refund.request)
    since = (refund.sent_at or refund.created_at) - timedelta(minutes=5)
    listed = get_provider(context).refunds(payment_id=body["payment_id"], created_from=since)
    answers = [answer async for answer in listed]
    found = [
        answer
        for answer in answers
        if not isinstance(answer, Unreadable)
        and answer.payment_id.lower() == body["payment_id"].lower()
        and (answer.amount, answer.currency) == (refund.amount, refund.currency)
        and answer.description in (None, body["description"])
    ]
    async with context.database.transaction(Pool.JOBS) as session:
        taken = await booking.list_known_ids(session, YOOKASSA, [answer.id for answer in found])
    ours = next((answer for answer in reversed(found) if answer.id not in taken), None)
    if ours is None and any(isinstance(answer, Unreadable) for answer in answers):
        raise ProviderUnknownError("it may be a refund in the list that can't be read")
    return ours


async def _record_answer(context: AppContext, refund: RefundTask, answer: ProviderRefund) -> None:
    """The provider's answer: booked, or asked for again later."""
    if await _book_answer(context, refund, answer):
        first = context.timings.ask_after(0)
        async with context.database.transaction(Pool.JOBS) as session:
            await _ask_later(session, refund.id, 1, first)


async def _book_answer(context: AppContext, refund: RefundTask, answer: ProviderRefund) -> bool:
    """Whether it has not ended yet. An answer about something else has said nothing of it."""
    now = context.now()
    async with context.database.transaction(Pool.MONEY) as session:
        purchase = await lock_purchase(session, refund.purchase_id) if refund.purchase_id else None
        returned = refund_booking.to_money(answer)
        if purchase is not None and await refund_booking.differs(
            session, context, purchase, answer.payment_id, returned, now, refund
        ):
            if answer.payment_id.lower() == purchase.provider_payment_id.lower():
                # Whoever meets it next, in a list or by a callback, knows what was asked for.
                await booking.record_answer(session, refund, answer.id, now)
            return True
        await booking.record_answer(session, refund, answer.id, now)
        if answer.status not in (RefundStatus.PENDING, *ENDED):
            await keep_unknown(session, context, _unknown(refund, f"status {answer.status}"))
            return True
        await close_unknown(session, context, RefundUnknown, refund.id)
        if purchase is not None:
            await refund_booking.book_agreed(session, context, purchase, answer, now)
        elif answer.status in ENDED:
            await booking.close_refund(
                session, refund.id, RefundStatus(answer.status), answer.cancellation, now
            )
    return answer.status == RefundStatus.PENDING


async def _record_failure(context: AppContext, refund: RefundTask, code: str, about: str = "") -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        if refund.purchase_id is not None:
            await lock_purchase(session, refund.purchase_id)
        await close_unknown(session, context, RefundUnknown, refund.id)
        await refund_booking.fail(session, context, refund, code, context.now(), about)


async def ask_refund(job: AskRefundJob, context: AppContext) -> None:
    """Only success is called back (docs/facts.md#provider-refunds), so a pending refund is asked for, with growing
    pauses, to its end."""
    async with context.database.transaction(Pool.JOBS) as session:
        refund = await requests.get_task(session, job.refund)
    if refund is None or refund.status != RefundStatus.PENDING or refund.provider_refund_id is None:
        return
    if await _ask(context, refund, refund.provider_refund_id):
        async with context.database.transaction(Pool.JOBS) as session:
            await _ask_later(session, refund.id, job.asked + 1, _pause(context, job.asked))


async def _ask(context: AppContext, refund: RefundTask, provider_refund_id: str) -> bool:
    """Whether it has not ended yet. Raises RetryJobError where the provider did not say."""
    try:
        return await _book_answer(context, refund, await get_provider(context).refund(provider_refund_id))
    except ProviderUnknownError as error:
        await _record_unknown(context, refund, error.reason)
        raise retry_job(error) from error
    except ProviderRefusedError as error:
        log.error("refund_not_shown", refund_id=refund.id, error=error)
        await _record_unknown(context, refund, str(error))
        return True


async def _record_unknown(context: AppContext, refund: RefundTask, reason: str) -> None:
    await record_unknown(context, _unknown(refund, reason))


def _unknown(refund: RefundTask, reason: str) -> RefundUnknown:
    return RefundUnknown(subject=str(refund.id), purchase_id=refund.purchase_id, reason=reason)


async def _ask_later(session: AsyncSession, refund_id: int, asked: int, pause: timedelta) -> None:
    """One chain of questions per refund: a job that was run twice adds no second one."""
    await enqueue(
        session,
        AskRefundJob(refund=refund_id, asked=asked),
        after=pause,
        key=f"ask_refund:{refund_id}:{asked}",
    )


def _pause(context: AppContext, asked: int) -> timedelta:
    """As an open payment is asked for, and then twice as long each time: a bank may take days."""
    beyond = max(0, asked - len(context.timings.asks) + 1)
    return backoff(context.timings.ask_after(asked), beyond, LONGEST_PAUSE)


async def _return_stars(context: AppContext, refund: RefundTask, now: datetime) -> None:
    if refund.asked_by is None:
        await _book_early_return(context, refund, now)
        return
    asked = orjson.loads(refund.request)
    try:
        await context.bot(RefundStarPayment(**asked))
    except (TelegramBadRequest, TelegramForbiddenError) as error:
        if BACK_ALREADY not in error.message:
            await _record_failure(context, refund, error.message)
            return
    except TelegramRetryAfter as error:
        raise RetryJobError(str(error), asked_pause(error.retry_after)) from error
    except (TelegramAPIError, ClientDecodeError) as error:
        await _record_unknown(context, refund, f"Telegram did not say: {type(error).__name__}")
        raise RetryJobError(f"Telegram did not say: {error!r}") from error
    async with context.database.transaction(Pool.MONEY) as session:
        await close_unknown(session, context, RefundUnknown, refund.id)
        charge_id = asked["telegram_payment_charge_id"]
        await refund_booking.book_stars_refund(session, context, charge_id, refund.amount, context.now())


async def _book_early_return(context: AppContext, refund: RefundTask, now: datetime) -> None:
    """Stars that were back before our database held their payment; it may be there now."""
    assert refund.provider_refund_id is not None  # kept under its charge
    async with context.database.transaction(Pool.MONEY) as session:
        await refund_booking.book_stars_refund(
            session, context, refund.provider_refund_id, refund.amount, now
        )
        if now - refund.created_at > EARLY_WAITS:
            await booking.close_refund(session, refund.id, RefundStatus.SUCCEEDED, "no purchase", now)


async def fetch_refunds(context: AppContext, payment_id: str) -> list[ProviderRefund]:
    """All refunds of a payment, the newest first. Raises ProviderRefusedError, ProviderUnknownError."""
    listed = get_provider(context).refunds(payment_id=payment_id)
    return [refund async for refund in readable(context, YOOKASSA_REFUNDS, listed)]


async def settle_refunds(context: AppContext, payment_id: str) -> Settlement:
    """The payment, and every refund of it, as fetched with our own key; also those made in the dashboard.

    Raises ProviderRefusedError, ProviderUnknownError.
    """
    payment = await get_provider(context).payment(payment_id)
    refunds = await fetch_refunds(context, payment_id)
    async with context.database.transaction(Pool.MONEY) as session:
        return await settle_with_refunds(session, context, payment, refunds, context.now())


async def settle_with_refunds(
    session: AsyncSession,
    context: AppContext,
    payment: ProviderPayment,
    refunds: list[ProviderRefund],
    now: datetime,
) -> Settlement:
    """The payment first, then what was returned of it, the oldest refund first."""
    settlement = await settle_payment(session, context, payment, now)
    purchase = settlement.purchase
    if settlement.outcome is Outcome.UNKNOWN and payment.refunded >= payment.amount:
        await refund_booking.close_refunded_unmatched(session, YOOKASSA, payment.id, now)
    elif settlement.outcome is Outcome.MISMATCH or purchase is None:
        return settlement
    elif purchase.status in (PurchaseStatus.SUCCEEDED, PurchaseStatus.REFUNDED):
        await refund_booking.book(session, context, purchase, reversed(refunds), now)
    return settlement
