"""A callback is verified, and a parked payment that an admin has assigned is settled."""

from datetime import datetime, timedelta

from bot.context import AppContext
from bot.payments.provider import get_provider, retry_job
from bot.payments.refunding import fetch_refunds, settle_with_refunds
from bot.payments.settling import notify_charge, notify_not_credited, park_unknown, settle_payment
from bot.retry import RetryJobError, backoff
from bot.yookassa.answers import ProviderPayment, ProviderRefusedError, ProviderUnknownError
from db.engine import Pool
from db.errors import Refused
from db.jobs import SettleAssignedJob, VerifyCallbackJob, VerifyUnknownJob
from db.payments import attempts, callbacks
from db.payments.methods import PaymentMethod
from db.payments.purchases import PurchaseStatus
from db.payments.settling import Outcome
from db.payments.telegram import settle_assigned_charge
from db.tables import Callback

MAX_ASKS = 10  # about a payment that no purchase bears
UNKNOWN_PAUSE_MOST = timedelta(hours=1)
FINAL = {"succeeded", "canceled"}


async def verify_callback(job: VerifyCallbackJob, context: AppContext) -> None:
    """A callback is a hint: what counts is the payment fetched with our own key."""
    async with context.database.transaction(Pool.JOBS) as session:
        callback = await callbacks.get_unhandled(session, job.id)
    if callback is not None:
        await _verify(context, callback)


async def verify_unknown(job: VerifyUnknownJob, context: AppContext) -> None:
    """The same of a payment that no purchase bears: with growing pauses until it is final, and not for ever."""
    async with context.database.transaction(Pool.JOBS) as session:
        callback = await callbacks.get_unhandled(session, job.id)
        if callback is not None:
            callbacks.record_ask(callback)
    if callback is None:
        return None
    if context.provider is None:
        return await _mark_handled(context, callback.id, "no provider")
    try:
        await _verify(context, callback)
    except RetryJobError as again:
        if callback.asked >= MAX_ASKS:
            return await _mark_handled(context, callback.id, "not asked for any more")
        pause = backoff(context.timings.unknown_waits, callback.asked - 1, UNKNOWN_PAUSE_MOST)
        raise RetryJobError(str(again), max(pause, again.delay or timedelta())) from again


async def _verify(context: AppContext, callback: Callback) -> None:
    """Raises RetryJobError where it must be asked again."""
    try:
        payment = await get_provider(context).payment(callback.payment_id)
        refund = callback.event.startswith("refund.")
        refunds = await fetch_refunds(context, callback.payment_id) if refund else None
    except ProviderUnknownError as error:
        raise retry_job(error) from error
    except ProviderRefusedError as error:
        if error.status in (401, 403):
            raise RetryJobError(f"{error.status} {error.code}") from error
        await _mark_handled(context, callback.id, f"refused: {error.code}")
        return
    now = context.now()
    async with context.database.transaction(Pool.MONEY) as session:
        if refunds is None:
            settlement = await settle_payment(session, context, payment, now)
        else:
            settlement = await settle_with_refunds(session, context, payment, refunds, now)
        outcome = settlement.outcome
        early = outcome is Outcome.UNKNOWN and _is_early(context, callback, payment, now)
        if outcome is Outcome.UNKNOWN and not early:
            await park_unknown(session, context, payment, now)
        if not early:
            news = outcome is not Outcome.UNKNOWN and not await callbacks.was_told(
                session, callback, outcome.value
            )
            await callbacks.mark_handled(session, callback.id, outcome.value, now, news=news)
    if early:
        raise RetryJobError("no purchase has this payment yet", context.timings.unknown_waits)


def _is_early(context: AppContext, callback: Callback, payment: ProviderPayment, now: datetime) -> bool:
    """Its own answer, or Telegram's word on the same payment, may still be on the way."""
    if not callback.known and payment.status not in FINAL:
        return True
    return now - callback.received_at < context.timings.unknown_waits


async def _mark_handled(context: AppContext, callback_id: int, outcome: str) -> None:
    """Nothing came of it."""
    async with context.database.transaction(Pool.JOBS) as session:
        await callbacks.mark_handled(session, callback_id, outcome, context.now(), news=False)


async def settle_assigned(job: SettleAssignedJob, context: AppContext) -> None:
    """A parked payment an admin has assigned. Stars: Telegram's own word was the proof when it was parked."""
    async with context.database.transaction(Pool.MONEY) as session:
        attempt = await attempts.get_attempt(session, job.attempt)
    if attempt is None or attempt.status != PurchaseStatus.PENDING:
        return
    if attempt.payment_id is not None and attempt.method is not PaymentMethod.STARS:
        payment = await get_provider(context).payment(attempt.payment_id)
        async with context.database.transaction(Pool.MONEY) as session:
            await settle_payment(session, context, payment, context.now())
        return
    try:
        async with context.database.transaction(Pool.MONEY) as session:
            settlement = await settle_assigned_charge(session, attempt.id, context.now())
            await notify_charge(session, context, None, settlement)
    except Refused as refused:
        async with context.database.transaction(Pool.MONEY) as session:
            money = attempt.amount, attempt.currency
            await notify_not_credited(session, context, attempt.purchase_id, attempt.telegram_id, *money)
        raise RetryJobError(repr(refused), context.timings.stuck_charge) from refused
