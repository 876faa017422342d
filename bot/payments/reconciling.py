"""Reconciliation: the database against what the providers say, for both webhook systems give up after a day.

What is found is settlement like a callback. Every part is its own, and so is every payment and refund in it: one that
fails hides no other.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from aiogram.exceptions import TelegramAPIError
from aiogram.methods import GetStarTransactions
from aiogram.types import StarTransaction, TransactionPartnerUser

from bot.context import AppContext
from bot.notifications.events import GrantedNotPaid, PaidNotGranted
from bot.notifications.notify import raise_alert
from bot.payments.provider import NoProviderError, get_provider
from bot.payments.refund_booking import book_stars_refund
from bot.payments.refunding import create_refund, settle_refunds
from bot.payments.settling import notify_charge, park_unknown, settle_payment
from bot.retry import RetryJobError
from bot.sender import SendLaterError
from bot.yookassa.answers import ProviderPayment, ProviderRefusedError, ProviderUnknownError
from db import alerts, audit
from db.engine import Pool, is_unavailable
from db.errors import Refused
from db.jobs import AuditJob, CreatePaymentJob, CreateRefundJob, ReconcileJob
from db.payments import attempts, cursors, purchases
from db.payments.methods import STARS, XTR, YOOKASSA
from db.payments.settling import Outcome
from db.payments.telegram import TelegramCharge, park_refused_charge, settle_charge
from db.queue import enqueue
from db.refunds import booking, requests

log = structlog.get_logger(__name__)

WINDOW = timedelta(days=2)  # both webhook systems give up after one
REFUND_WINDOW = timedelta(days=7)  # listed by when they were made, and a bank may take days
PAGE = 100
MAX_CONSECUTIVE_TIMEOUTS = 3  # then the provider is away, and the rest of the part is left for the next time


@dataclass(slots=True)
class Report:
    """What was looked at and what was found; `failed` names the parts that could not be done."""

    looked_at: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def looked(self, what: str, found: bool = False) -> None:
        self.looked_at[what] = self.looked_at.get(what, 0) + 1
        if found:
            self.found[what] = self.found.get(what, 0) + 1


class ErrorCollector:
    """One that fails is reported, and the next one is tried. `failed`: whether any has."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._timeouts = 0
        self.failed = False

    @contextmanager
    def isolate_errors(self, what: str) -> Iterator[None]:
        """Raises what would stop every other one too."""
        try:
            yield
        except NoProviderError:
            raise
        except (ProviderRefusedError, ProviderUnknownError) as error:
            self._timeouts = self._timeouts + 1 if isinstance(error, ProviderUnknownError) else 0
            if self._timeouts == MAX_CONSECUTIVE_TIMEOUTS:
                raise
            self._record(what, error)
        except Exception as error:
            if is_unavailable(error):
                raise
            log.exception("not_reconciled", what=what)
            self._record(what, error)
        else:
            self._timeouts = 0

    def _record(self, what: str, error: Exception) -> None:
        self.failed = True
        self._report.failed[what] = str(error) or repr(error)


Part = Callable[[AppContext, Report], Awaitable[None]]


async def reconcile(context: AppContext) -> Report:
    report = Report()
    for name, part in PARTS.items():
        try:
            await part(context, report)
        except (
            NoProviderError,
            ProviderUnknownError,
            ProviderRefusedError,
            TelegramAPIError,
            SendLaterError,
        ) as error:
            log.warning("not_reconciled", part=name, error=repr(error))
            report.failed[name] = str(error) or repr(error)
        except Exception as error:
            log.exception("not_reconciled", part=name)
            report.failed[name] = repr(error)
    return report


async def reconcile_job(_job: ReconcileJob, context: AppContext) -> None:
    report = await reconcile(context)
    if report.found or report.failed:
        log.info("reconciled", found=report.found, failed=report.failed)


async def audit_job(_job: AuditJob, context: AppContext) -> None:
    """Every minute: it reads our own database only."""
    await audit_purchases(context, Report())


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
    async for payment in context.provider.payments(status="succeeded", captured_from=since):
        with errors.isolate_errors(f"payment {payment.id}"):
            report.looked("succeeded payments", await _settle_succeeded(context, payment))


async def _settle_succeeded(context: AppContext, payment: ProviderPayment) -> bool:
    """Whether the database did not hold it yet."""
    now = context.now()
    async with context.database.transaction(Pool.JOBS) as session:
        settlement = await settle_payment(session, context, payment, now)
        if settlement.outcome is Outcome.UNKNOWN and now - payment.created_at > context.timings.unknown_waits:
            return await park_unknown(session, context, payment, now)
    return settlement.outcome is Outcome.SUCCEEDED


async def succeeded_refunds(context: AppContext, report: Report) -> None:
    """Those made in the provider's dashboard too: whatever our database does not hold is fetched with its payment."""
    if context.provider is None:
        return
    since = context.now() - REFUND_WINDOW
    made = [one async for one in context.provider.refunds(status="succeeded", created_from=since)]
    async with context.database.transaction(Pool.JOBS) as session:
        held = await booking.list_booked_ids(session, YOOKASSA, [one.id for one in made])
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
        log.warning("refund_still_unknown", refund_id=refund_id, reason=str(error))
    async with context.database.transaction(Pool.JOBS) as session:
        refund = await requests.get_task(session, refund_id)
    return refund is not None and refund.status != requests.RefundStatus.PENDING


async def stars_ledger(context: AppContext, report: Report) -> None:
    """Oldest first (docs/facts.md#stars), from the stored offset on, which stays before the first one that could not
    be settled."""
    if not context.settings.stars_enabled:
        return
    errors = ErrorCollector(report)
    async with context.database.transaction(Pool.JOBS) as session:
        offset = await cursors.get_cursor(session, STARS)
    while True:
        page = await context.bot(GetStarTransactions(offset=offset, limit=PAGE))
        for transaction in page.transactions:
            with errors.isolate_errors(f"Stars {transaction.id}"):
                report.looked("Stars", await _settle_transaction(context, transaction))
        until = offset + len(page.transactions)
        if not errors.failed:
            async with context.database.transaction(Pool.JOBS) as session:
                await cursors.record_cursor(session, STARS, offset, until)
        offset = until
        if len(page.transactions) < PAGE:
            return


async def _settle_transaction(context: AppContext, transaction: StarTransaction) -> bool:
    """Incoming from a person: a payment. Outgoing to one: a refund of the payment of the same id. Whether the database
    did not hold it yet."""
    source, receiver = transaction.source, transaction.receiver
    if isinstance(source, TransactionPartnerUser) and source.invoice_payload is not None:
        charge = TelegramCharge(
            payload=source.invoice_payload,
            amount=transaction.amount,
            currency=XTR,
            telegram_id=source.user.id,
            charge_id=transaction.id,
            provider_charge_id="",
            at=transaction.date,
        )
        return await _settle_charge(context, charge)
    if isinstance(receiver, TransactionPartnerUser) and receiver.transaction_type == "invoice_payment":
        async with context.database.transaction(Pool.MONEY) as session:
            return await book_stars_refund(
                session, context, transaction.id, transaction.amount, context.now()
            )
    return False


async def _settle_charge(context: AppContext, charge: TelegramCharge) -> bool:
    try:
        async with context.database.transaction(Pool.MONEY) as session:
            settlement = await settle_charge(session, charge, context.now())
            await notify_charge(session, context, charge, settlement)
    except Refused:
        async with context.database.transaction(Pool.MONEY) as session:
            settlement = await park_refused_charge(session, charge, context.now())
            await notify_charge(session, context, charge, settlement)
    return settlement.purchase is not None


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
