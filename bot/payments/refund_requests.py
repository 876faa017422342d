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
from bot.payments import refunding
from bot.payments.provider import KEY_LIFETIME, get_provider, retry_job
from bot.payments.settling import settle_payment
from bot.retry import RetryJobError, backoff
from bot.yookassa.answers import ProviderRefund, ProviderRefusedError, ProviderUnknownError
from db.engine import Pool
from db.jobs import AskRefundJob, CreateRefundJob
from db.payments.purchases import STARS, YOOKASSA, PurchaseStatus
from db.payments.settling import Outcome, Settlement
from db.queue import enqueue
from db.refunds import booking, requests
from db.refunds.requests import RefundStatus, RefundTask

log = structlog.get_logger(__name__)

LONGEST_PAUSE = timedelta(hours=1)  # between two questions about one refund
EARLY_WAITS = timedelta(
    days=3
)  # Telegram redelivers a payment for one day, reconciliation looks back over two
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
        made = await _create(context, refund, now)
        if made is not None:
            await _made(context, refund, made)


async def _create(context: AppContext, refund: RefundTask, now: datetime) -> ProviderRefund | None:
    """None where it has ended without one. Raises RunAgain while the outcome is unknown."""
    try:
        if refund.sent_at is not None and now - refund.sent_at >= KEY_LIFETIME:
            made = await _look_up(context, refund)
            if made is None:
                await _fail(context, refund, "never created")
            return made
        return await get_provider(context).create_refund(refund.request, refund.key)
    except ProviderRefusedError as error:
        return await _refused(context, refund, error)
    except ProviderUnknownError as error:
        log.warning("refund_outcome_unknown", refund_id=refund.id, reason=error.reason)
        raise retry_job(error) from error


async def _refused(
    context: AppContext, refund: RefundTask, error: ProviderRefusedError
) -> ProviderRefund | None:
    """Where an earlier request may have got through, a refusal of this one says nothing about that one."""
    if refund.sent_at is not None:
        try:
            made = await _look_up(context, refund)
        except (ProviderUnknownError, ProviderRefusedError) as second:
            raise RetryJobError(f"refused ({error.code}), and not looked up: {second}") from second
        if made is not None:
            return made
    about = error.description + (f" ({error.parameter})" if error.parameter else "")
    await _fail(context, refund, error.code, about)
    return None


async def _look_up(context: AppContext, refund: RefundTask) -> ProviderRefund | None:
    """Among all refunds of the payment the one that no other row of ours bears and that looks like this one."""
    body = orjson.loads(refund.request)
    since = (refund.sent_at or refund.created_at) - timedelta(minutes=5)
    found = [
        made
        async for made in get_provider(context).refunds(payment_id=body["payment_id"], created_from=since)
        if (made.amount, made.currency) == (refund.amount, refund.currency)
        and made.description in (None, body["description"])
    ]
    async with context.database.transaction(Pool.JOBS) as session:
        taken = await booking.list_known_ids(session, YOOKASSA, [made.id for made in found])
    return next((made for made in reversed(found) if made.id not in taken), None)


async def _made(context: AppContext, refund: RefundTask, made: ProviderRefund) -> None:
    """An answer of the provider: booked, or asked for again later."""
    if await _book(context, refund, made):
        first = context.timings.ask_after(0)
        async with context.database.transaction(Pool.JOBS) as session:
            await _ask_later(session, refund.id, 1, first)


async def _book(context: AppContext, refund: RefundTask, made: ProviderRefund) -> bool:
    """Whether it has not ended yet."""
    now = context.now()
    async with context.database.transaction(Pool.MONEY) as session:
        purchase = await requests.lock_refund(session, refund.purchase_id) if refund.purchase_id else None
        await booking.record_answer(session, refund, made.id, now)
        if purchase is not None:
            await refunding.book(session, context, purchase, [made], now)
        elif made.status in (RefundStatus.SUCCEEDED, RefundStatus.CANCELED):
            await booking.close_refund(session, refund.id, RefundStatus(made.status), made.cancellation, now)
    return made.status == RefundStatus.PENDING


async def _fail(context: AppContext, refund: RefundTask, code: str, about: str = "") -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        if refund.purchase_id is not None:
            await requests.lock_refund(session, refund.purchase_id)
        await refunding.fail(session, context, refund, code, context.now(), about)


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
    """Whether it has not ended yet. Raises RunAgain where the provider did not say."""
    try:
        return await _book(context, refund, await get_provider(context).refund(provider_refund_id))
    except ProviderUnknownError as error:
        raise retry_job(error) from error
    except ProviderRefusedError as error:
        log.error("refund_not_shown", refund_id=refund.id, error=str(error))
        return True


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
        await _again_early(context, refund, now)
        return
    asked = orjson.loads(refund.request)
    try:
        await context.bot(RefundStarPayment(**asked))
    except (TelegramBadRequest, TelegramForbiddenError) as error:
        if BACK_ALREADY not in error.message:
            await _fail(context, refund, error.message)
            return
    except TelegramRetryAfter as error:
        raise RetryJobError(str(error), timedelta(seconds=error.retry_after)) from error
    except (TelegramAPIError, ClientDecodeError) as error:
        raise RetryJobError(f"Telegram did not say: {error!r}") from error
    async with context.database.transaction(Pool.MONEY) as session:
        charge_id = asked["telegram_payment_charge_id"]
        await refunding.stars_refunded(session, context, charge_id, refund.amount, context.now())


async def _again_early(context: AppContext, refund: RefundTask, now: datetime) -> None:
    """Stars that were back before our database held their payment; it may be there now."""
    assert refund.provider_refund_id is not None  # kept under its charge
    async with context.database.transaction(Pool.MONEY) as session:
        await refunding.stars_refunded(session, context, refund.provider_refund_id, refund.amount, now)
        if now - refund.created_at > EARLY_WAITS:
            await booking.close_refund(session, refund.id, RefundStatus.SUCCEEDED, "no purchase", now)


async def settle_refunds(context: AppContext, payment_id: str) -> Settlement:
    """The payment, and every refund of it, as fetched with our own key; also those made in the dashboard.

    Raises ProviderRefused, ProviderUnknown.
    """
    provider = get_provider(context)
    payment = await provider.payment(payment_id)
    made = [refund async for refund in provider.refunds(payment_id=payment_id)]
    now = context.now()
    async with context.database.transaction(Pool.MONEY) as session:
        settled = await settle_payment(session, context, payment, now)
        purchase = settled.purchase
        if settled.outcome is Outcome.UNKNOWN and payment.refunded >= payment.amount:
            await refunding.close_refunded_unmatched(session, YOOKASSA, payment.id, now)
        elif settled.outcome is Outcome.MISMATCH or purchase is None:
            return settled
        elif purchase.status in (PurchaseStatus.SUCCEEDED, PurchaseStatus.REFUNDED):
            await refunding.book(session, context, purchase, reversed(made), now)
    return settled
