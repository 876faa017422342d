"""Reconciliation: the database against what the providers say, for both webhook systems give up after a day.

What is found is settlement like a callback. Every part is its own, and so is every payment and refund in it: one that
fails hides no other.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from aiogram.exceptions import TelegramAPIError

from bot.context import AppContext
from bot.notifications.alert_events import AccessUnexplained, GrantedNotPaid, PaidNotGranted
from bot.notifications.notify import raise_alert
from bot.payments import alarms
from bot.payments.provider import NoProviderError, get_provider
from bot.payments.refunding import create_refund, settle_refunds
from bot.payments.reports import ErrorCollector, Report
from bot.payments.settling import park_unknown, settle_payment
from bot.payments.stars import stars_ledger
from bot.retry import RetryJobError
from bot.sender import SendLaterError
from bot.yookassa.answers import ProviderPayment, ProviderRefusedError, ProviderUnknownError
from db import alerts, audit
from db.engine import Pool, is_unavailable
from db.jobs import AuditJob, CreatePaymentJob, CreateRefundJob, ReconcileJob
from db.payments import attempts, purchases
from db.payments.methods import YOOKASSA
from db.payments.settling import Outcome
from db.queue import enqueue
from db.refunds import booking, requests
from db.refunds.requests import RefundStatus

log = structlog.get_logger(__name__)

WINDOW = timedelta(days=2)  # both webhook systems give up after one
REFUND_WINDOW = timedelta(days=7)  # listed by when they were made, and a bank may take days


Part = Callable[[AppContext, Report], Awaitable[None]]


async def reconcile(context: AppContext) -> Report:
    """A part that fails twice running is an alarm, closed when it works again."""
    whole = Report()
    for name, part in PARTS.items():
        report = await _reconcile_part(context, name, part)
        whole.add(report)
        error = next(iter(report.failed.values()), None)
        try:
            await alarms.record_part(context, name, error)
        except Exception as unrecorded:
            if not is_unavailable(unrecorded):
                raise
            log.warning("part_not_recorded", part=name, error=unrecorded)
    return whole


async def _reconcile_part(context: AppContext, name: str, part: "Part") -> Report:
    report = Report()
    try:
        await part(context, report)
    except (
        NoProviderError,
        ProviderUnknownError,
        ProviderRefusedError,
        TelegramAPIError,
        SendLaterError,
    ) as error:
        log.warning("not_reconciled", part=name, error=error)
        report.failed[name] = str(error)
    except Exception as error:
        log.exception("not_reconciled", part=name)
        report.failed[name] = repr(error)
    return report


async def reconcile_job(_job: ReconcileJob, context: AppContext) -> None:
    report = await reconcile(context)
    if report.found or report.failed:
        log.info("reconciled", found=report.found, failed=sorted(report.failed))


async def audit_job(_job: AuditJob, context: AppContext) -> None:
    """Every minute: it reads our own database only."""
    await audit_purchases(context, Report())
    await audit_access(context)


MOST_ACCESS_ALARMS = 100  # open at a time: one cause may change them all


async def audit_access(context: AppContext, batch: int = 1000) -> None:
    """A thousand a minute. Beside another application its changes are its own, and no alarm."""
    async with context.database.transaction(Pool.JOBS) as session:
        found = await audit.take_unexplained_access(session, AccessUnexplained.name, batch)
        if found and not await audit.is_ours_alone(session):
            found = []
        room = MOST_ACCESS_ALARMS
        if found:  # nearly never: this runs every minute
            room -= await alerts.count_open(session, AccessUnexplained.name)
        for one in found:  # the metric counts all of them
            if room <= 0:
                break
            alert = AccessUnexplained(subject=str(one.id), user_id=one.user_id, module=one.module)
            room -= await raise_alert(session, context, alert)
        still = [str(one.id) for one in found]
        await alerts.close_other_alerts(session, AccessUnexplained.name, still, context.now())


async def open_payments(context: AppContext, report: Report) -> None:
    """Every pending purchase of ours is asked for, and one the provider never answered is sent again."""
    async with context.database.transaction(Pool.JOBS) as session:
        waiting = await purchases.list_pending_payment_ids(session)
        for attempt_id in await attempts.list_unsent(session, context.now() - timedelta(minutes=2)):
            await enqueue(session, CreatePaymentJob(attempt=attempt_id), key=f"create:{attempt_id}")
    if not waiting:
        return
    provider, errors = get_provider(context), ErrorCollector(report)
    for payment_id in waiting:
        with errors.isolate_errors(f"payment {payment_id}"):
            payment = await provider.payment(payment_id)
            async with context.database.transaction(Pool.JOBS) as session:
                settlement = await settle_payment(session, context, payment, context.now())
            report.looked("open payments", settlement.outcome in (Outcome.SUCCEEDED, Outcome.CANCELED))


async def succeeded_payments(context: AppContext, report: Report) -> None:
    """The provider's own list of the last two days: what it holds as paid, our database must hold too."""
    if context.provider is None:
        return
    since = context.now() - WINDOW
    errors = ErrorCollector(report)
    listed = context.provider.payments(status="succeeded", captured_from=since)
    async for payment in alarms.readable(context, alarms.YOOKASSA_PAYMENTS, listed):
        with errors.isolate_errors(f"payment {payment.id}"):
            report.looked("succeeded payments", await _settle_succeeded(context, payment))


async def _settle_succeeded(context: AppContext, payment: ProviderPayment) -> bool:
    """Whether the database did not hold it yet."""
    now = context.now()
    async with context.database.transaction(Pool.JOBS) as session:
        settlement = await settle_payment(session, context, payment, now)
        young = payment.created_at is not None and now - payment.created_at <= context.timings.unknown_waits
        if settlement.outcome is Outcome.UNKNOWN and not young:
            return await park_unknown(session, context, payment, now)
    return settlement.outcome is Outcome.SUCCEEDED


async def succeeded_refunds(context: AppContext, report: Report) -> None:
    """Those made in the provider's dashboard too: whatever our database does not hold is fetched with its payment."""
    if context.provider is None:
        return
    since = context.now() - REFUND_WINDOW
    listed = context.provider.refunds(status="succeeded", created_from=since)
    made = [one async for one in alarms.readable(context, alarms.YOOKASSA_REFUNDS, listed)]
    async with context.database.transaction(Pool.JOBS) as session:
        made_ids = [one.id for one in made]
        held = await booking.list_known_ids(session, YOOKASSA, made_ids, RefundStatus.SUCCEEDED)
    errors = ErrorCollector(report)
    for payment_id in {one.payment_id for one in made if one.id not in held}:
        with errors.isolate_errors(f"refunds of {payment_id}"):
            settlement = await settle_refunds(context, payment_id)
            report.looked("refunds", settlement.outcome not in (Outcome.UNKNOWN, Outcome.MISMATCH))


async def pending_refunds(context: AppContext, report: Report) -> None:
    """Each is asked for, and one the provider never answered is sent again under its own key."""
    async with context.database.transaction(Pool.JOBS) as session:
        waiting = await requests.list_pending(session)
    errors = ErrorCollector(report)
    for refund_id in waiting:
        with errors.isolate_errors(f"refund {refund_id}"):
            report.looked("pending refunds", await _is_ended(context, refund_id))


async def _is_ended(context: AppContext, refund_id: int) -> bool:
    try:
        await create_refund(CreateRefundJob(refund=refund_id), context)
    except RetryJobError as error:
        log.warning("refund_still_unknown", refund_id=refund_id, error=error)
    async with context.database.transaction(Pool.JOBS) as session:
        refund = await requests.get_task(session, refund_id)
    return refund is not None and refund.status != RefundStatus.PENDING


async def audit_purchases(context: AppContext, report: Report) -> None:
    """Paid but not granted, or granted but not paid: an alert each, solved when it is no longer so."""
    async with context.database.transaction(Pool.JOBS) as session:
        found = await audit.list_disagreements(session)
        for alert in (PaidNotGranted, GrantedNotPaid):
            subjects = [str(purchase_id) for purchase_id in found[alert.name]]
            for subject in subjects:
                await raise_alert(session, context, alert(subject=subject))
                report.looked(alert.name, found=True)
            await alerts.close_other_alerts(session, alert.name, subjects, context.now())


PARTS: dict[str, Part] = {
    "open payments": open_payments,
    "succeeded payments": succeeded_payments,
    "pending refunds": pending_refunds,
    "refunds": succeeded_refunds,
    "Stars": stars_ledger,
    "books": audit_purchases,
}
