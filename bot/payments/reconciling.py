"""Reconciliation: the books against what the providers say, for both webhook systems give up after a day.

What is found is settled like a callback. Every part is its own, and so is every payment and refund in it: one that
fails hides no other.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from aiogram.exceptions import TelegramAPIError
from aiogram.methods import GetStarTransactions
from aiogram.types import StarTransaction, TransactionPartnerUser

from bot.context import Desk
from bot.jobs.retry import RunAgain
from bot.payments.invoices import alarm, tell_received
from bot.payments.provider import NoProvider, provider_of
from bot.payments.refund_requests import create_refund, settle_refunds
from bot.payments.refunding import stars_refunded
from bot.payments.settling import park_unknown, settle_in
from bot.updates.sender import Later
from bot.yookassa.answers import Payment, ProviderRefused, ProviderUnknown
from db import alerts, audit
from db.engine import Lane, is_away
from db.errors import Refused
from db.payments import cursors, purchases
from db.payments.purchases import YOOKASSA
from db.payments.settling import Outcome
from db.payments.telegram import Charge, park_refused, receive
from db.queue import enqueue
from db.refunds import booking, requests

log = structlog.get_logger(__name__)

WINDOW = timedelta(days=2)  # both webhook systems give up after one
REFUND_WINDOW = timedelta(days=7)  # listed by when they were made, and a bank may take days
STARS = "stars"
PAGE = 100
SILENT = 3  # times in a row that the provider did not answer: it is away, and the rest of the part with it


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


class OneByOne:
    """One that fails is reported, and the next one is tried. `failed`: whether any has."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._silent = 0
        self.failed = False

    @contextmanager
    def apart(self, what: str) -> Iterator[None]:
        """Raises what would stop every other one too."""
        try:
            yield
        except NoProvider:
            raise
        except (ProviderRefused, ProviderUnknown) as error:
            self._silent = self._silent + 1 if isinstance(error, ProviderUnknown) else 0
            if self._silent == SILENT:
                raise
            self._note(what, error)
        except Exception as error:
            if is_away(error):
                raise
            log.exception("not_reconciled", what=what)
            self._note(what, error)
        else:
            self._silent = 0

    def _note(self, what: str, error: Exception) -> None:
        self.failed = True
        self._report.failed[what] = str(error) or repr(error)


Part = Callable[[Desk, Report], Awaitable[None]]


async def reconcile(desk: Desk) -> Report:
    report = Report()
    for name, part in PARTS.items():
        try:
            await part(desk, report)
        except (NoProvider, ProviderUnknown, ProviderRefused, TelegramAPIError, Later) as error:
            log.warning("not_reconciled", part=name, error=repr(error))
            report.failed[name] = str(error) or repr(error)
        except Exception as error:
            log.exception("not_reconciled", part=name)
            report.failed[name] = repr(error)
    return report


async def job(payload: dict[str, Any], desk: Desk) -> None:
    report = await reconcile(desk)
    if report.found or report.failed:
        log.info("reconciled", found=report.found, failed=report.failed)


async def audit_job(payload: dict[str, Any], desk: Desk) -> None:
    """Every minute: it reads our own books only."""
    await books_themselves(desk, Report())


async def open_payments(desk: Desk, report: Report) -> None:
    """Every pending purchase of ours is asked for, and one the provider never answered is sent again."""
    async with desk.books.transaction(Lane.JOBS) as session:
        waiting = await purchases.waiting(session)
        for attempt_id in await purchases.unsent(session, desk.now() - timedelta(minutes=2)):
            await enqueue(session, "create_payment", {"attempt": attempt_id}, key=f"create:{attempt_id}")
    if not waiting:
        return
    provider, each = provider_of(desk), OneByOne(report)
    for payment_id in waiting:
        with each.apart(f"payment {payment_id}"):
            payment = await provider.payment(payment_id)
            async with desk.books.transaction(Lane.JOBS) as session:
                settled = await settle_in(session, desk, payment, desk.now())
            report.looked("open payments", settled.outcome in (Outcome.SUCCEEDED, Outcome.CANCELED))


async def succeeded_payments(desk: Desk, report: Report) -> None:
    """The provider's own list of the last two days: what it holds as paid, our books must hold too."""
    if desk.provider is None:
        return
    since = desk.now() - WINDOW
    each = OneByOne(report)
    async for payment in desk.provider.payments(status="succeeded", captured_from=since):
        with each.apart(f"payment {payment.id}"):
            report.looked("succeeded payments", await _succeeded(desk, payment))


async def _succeeded(desk: Desk, payment: Payment) -> bool:
    """Whether the books did not hold it yet."""
    now = desk.now()
    async with desk.books.transaction(Lane.JOBS) as session:
        settled = await settle_in(session, desk, payment, now)
        if settled.outcome is Outcome.UNKNOWN and now - payment.created_at > desk.pace.unknown_waits:
            return await park_unknown(session, desk, payment, now)
    return settled.outcome is Outcome.SUCCEEDED


async def succeeded_refunds(desk: Desk, report: Report) -> None:
    """Those made in the provider's dashboard too: whatever our books don't hold is fetched with its payment."""
    if desk.provider is None:
        return
    since = desk.now() - REFUND_WINDOW
    made = [one async for one in desk.provider.refunds(status="succeeded", created_from=since)]
    async with desk.books.transaction(Lane.JOBS) as session:
        held = await booking.booked(session, YOOKASSA, [one.id for one in made])
    each = OneByOne(report)
    for payment_id in {one.payment_id for one in made if one.id not in held}:
        with each.apart(f"refunds of {payment_id}"):
            settled = await settle_refunds(desk, payment_id)
            report.looked("refunds", settled.outcome not in (Outcome.UNKNOWN, Outcome.MISMATCH))


async def pending_refunds(desk: Desk, report: Report) -> None:
    """Each is asked for, and one the provider never answered is sent again under its own key."""
    async with desk.books.transaction(Lane.JOBS) as session:
        waiting = await requests.pending(session)
    each = OneByOne(report)
    for refund_id in waiting:
        with each.apart(f"refund {refund_id}"):
            report.looked("pending refunds", await _ended(desk, refund_id))


async def _ended(desk: Desk, refund_id: int) -> bool:
    try:
        await create_refund({"refund": refund_id}, desk)
    except RunAgain as error:
        log.warning("refund_still_unknown", refund_id=refund_id, reason=str(error))
    async with desk.books.transaction(Lane.JOBS) as session:
        refund = await requests.task(session, refund_id)
    return refund is not None and refund.status != requests.Stage.PENDING


async def stars_ledger(desk: Desk, report: Report) -> None:
    """Chronological, from the stored offset on (facts C3), which stays before the first one that could not be
    settled."""
    if not desk.settings.stars_enabled:
        return
    each = OneByOne(report)
    async with desk.books.transaction(Lane.JOBS) as session:
        offset = await cursors.value(session, STARS)
    while True:
        page = await desk.bot(GetStarTransactions(offset=offset, limit=PAGE))
        for transaction in page.transactions:
            with each.apart(f"Stars {transaction.id}"):
                report.looked("Stars", await _stars(desk, transaction))
        until = offset + len(page.transactions)
        if not each.failed:
            async with desk.books.transaction(Lane.JOBS) as session:
                await cursors.advance(session, STARS, offset, until)
        offset = until
        if len(page.transactions) < PAGE:
            return


async def _stars(desk: Desk, transaction: StarTransaction) -> bool:
    """Incoming from a person: a payment. Outgoing to one: a refund of the payment of the same id. Whether the books
    did not hold it yet."""
    source, receiver = transaction.source, transaction.receiver
    if isinstance(source, TransactionPartnerUser) and source.invoice_payload is not None:
        charge = Charge(
            payload=source.invoice_payload,
            amount=transaction.amount,
            currency="XTR",
            telegram_id=source.user.id,
            charge_id=transaction.id,
            provider_charge_id="",
            at=transaction.date,
        )
        return await _charged(desk, charge)
    if isinstance(receiver, TransactionPartnerUser) and receiver.transaction_type == "invoice_payment":
        async with desk.books.transaction(Lane.MONEY) as session:
            return await stars_refunded(session, desk, transaction.id, transaction.amount, desk.now())
    return False


async def _charged(desk: Desk, charge: Charge) -> bool:
    try:
        async with desk.books.transaction(Lane.MONEY) as session:
            received = await receive(session, charge, desk.now())
            await tell_received(session, desk, charge, received)
    except Refused:
        async with desk.books.transaction(Lane.MONEY) as session:
            received = await park_refused(session, charge, desk.now())
            await tell_received(session, desk, charge, received)
    return received.purchase is not None


async def books_themselves(desk: Desk, report: Report) -> None:
    """Paid but not granted, or granted but not paid: an alarm each, solved when it is no longer so."""
    async with desk.books.transaction(Lane.JOBS) as session:
        for kind, found in (await audit.disagreements(session)).items():
            for purchase_id in found:
                await alarm(session, desk, kind, str(purchase_id))
                report.looked(kind, found=True)
            await alerts.solve_others(session, kind, [str(one) for one in found], desk.now())


PARTS: dict[str, Part] = {
    "open payments": open_payments,
    "succeeded payments": succeeded_payments,
    "pending refunds": pending_refunds,
    "refunds": succeeded_refunds,
    "Stars": stars_ledger,
    "books": books_themselves,
}
