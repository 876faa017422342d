"""Open payments are asked for at the provider: one chain of questions per attempt, until the payment has ended."""

from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.notifications.alert_events import PaymentUnknown
from bot.payments.alarms import record_unknown
from bot.payments.provider import get_provider
from bot.payments.settling import settle_payment
from bot.yookassa.answers import ProviderRefusedError, ProviderUnknownError
from db.engine import Pool
from db.jobs import AskPaymentJob
from db.payments import attempts
from db.payments.attempts import AttemptDetails
from db.payments.purchases import PurchaseStatus
from db.payments.settling import Outcome, Settlement
from db.queue import enqueue

log = structlog.get_logger(__name__)
PENDING = (Outcome.OPEN, Outcome.MISMATCH, Outcome.NOT_CREDITED)


async def ask_payment(job: AskPaymentJob, context: AppContext) -> None:
    """Asks the provider for an open payment, and arranges the next time while its link can be paid.

    A job that is not due has been overtaken by another one: there is one chain of questions per attempt.
    """
    async with context.database.transaction(Pool.JOBS) as session:
        attempt = await attempts.get_attempt(session, job.attempt)
    if attempt is None or attempt.status != PurchaseStatus.PENDING:
        return
    if _is_due(attempt, context):
        await ask(context, attempt)


def _is_due(attempt: AttemptDetails, context: AppContext) -> bool:
    return attempt.next_ask_at is None or attempt.next_ask_at <= context.now() + timedelta(seconds=1)


async def ask(context: AppContext, attempt: AttemptDetails) -> Settlement | None:
    """None where the provider did not say, or has not been told of the payment yet.

    Asked out of turn (the payer wants to know), it leaves the chain of questions as it is.
    """
    if attempt.payment_id is None:
        return None
    try:
        payment = await get_provider(context).payment(attempt.payment_id)
    except (ProviderUnknownError, ProviderRefusedError) as error:
        log.warning("payment_not_asked", purchase_id=attempt.purchase_id, error=error)
        payment = None
        await record_unknown(context, PaymentUnknown(subject=str(attempt.purchase_id), reason=str(error)))
    settlement = None
    async with context.database.transaction(Pool.JOBS) as session:
        if payment is not None:
            settlement = await settle_payment(session, context, payment, context.now())
        pending = settlement is None or settlement.outcome in PENDING
        if pending and _is_due(attempt, context):
            await _ask_later(session, context, attempt)
        elif pending:
            await attempts.record_manual_check(session, attempt.id, context.now())
    return settlement


async def _ask_later(session: AsyncSession, context: AppContext, attempt: AttemptDetails) -> None:
    """With growing intervals while the link lives, then hourly until the provider says an end (reconciliation)."""
    now = context.now()
    alive = attempt.link_ends_at is None or now < attempt.link_ends_at + timedelta(minutes=5)
    pause = context.timings.ask_after(attempt.asked + 1) if alive else context.timings.ended_link
    await attempts.record_check(session, attempt.id, now, now + pause)
    await enqueue(session, AskPaymentJob(attempt=attempt.id), after=pause)
