"""Prometheus metrics: updates, callbacks, payments, jobs, the queue, access, the database connections.

Counters count in this process only. The queue's gauges are read from the database on a scrape, at most once in
`MAX_AGE` seconds.
"""

import asyncio
import time

import structlog
from aiogram.types import Update
from prometheus_client import Counter, Gauge
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from db.audit import count_unexplained_access
from db.engine import Database, Pool
from db.queue import QueueDepth, get_queue_depth

log = structlog.get_logger(__name__)

MAX_AGE = 5.0  # seconds
READ_TIMEOUT = 2.0  # seconds a scrape waits for the database
PAYMENT_EVENTS = {"payment.succeeded", "payment.canceled", "payment.waiting_for_capture"}
REFUND_EVENTS = {"refund.succeeded"}

# The client library adds `_total` to the names of counters.
UPDATES = Counter(
    "lessongate_updates",
    "Updates by kind and outcome: handled, failed (internal error), put off (no database), repeated,"
    " turned away (a person's limit)",
    ["kind", "outcome"],
)
CALLBACKS = Counter(
    "lessongate_callbacks",
    "The provider's callbacks by event and outcome: recorded, ignored, turned away, not recorded",
    ["event", "outcome"],
)
PAYMENTS = Counter(
    "lessongate_payments_settled",
    "Payments settled, by provider and outcome, once committed",
    ["provider", "outcome"],
)
MESSAGES = Counter(
    "lessongate_messages",
    "Messages that nobody has asked for, reminders for one: sent, failed, unknown (cut off in the middle), dropped",
    ["outcome"],
)
MAILS = Counter(
    "lessongate_mails",
    "Letters by outcome: sent, put off (tried again), failed, unknown, dropped (no use any more)",
    ["outcome"],
)
JOB_FAILURES = Counter("lessongate_job_failures", "Runs of jobs that ended in an error", ["job"])
JOBS = Gauge("lessongate_jobs", "Jobs in the queue by status", ["status"])
OLDEST_JOB = Gauge("lessongate_oldest_job_seconds", "Seconds since the oldest waiting job became due")
POOL = Gauge("lessongate_database_connections_in_use", "Database connections in use, by pool", ["lane"])
POOL_SIZE = Gauge(
    "lessongate_database_connections_most", "Maximum of database connections, by pool", ["lane"]
)
UNEXPLAINED = Gauge(
    "lessongate_access_unexplained",
    "Accesses that end otherwise than the bot's last change says, as the last round over all of them has found",
)
DATABASE_UP = Gauge("lessongate_database_up", "1 if the last reading of the queue succeeded, else 0")


def count_update(update: Update, outcome: str) -> None:
    UPDATES.labels(_kind(update), outcome).inc()


def count_callback(name: str, outcome: str) -> None:
    """Unknown event names are counted as `other`: anybody may send any, and each would be a new series."""
    CALLBACKS.labels(name if name in PAYMENT_EVENTS | REFUND_EVENTS else "other", outcome).inc()


def count_settlement(session: AsyncSession, provider: str, outcome: str) -> None:
    """Counted when the transaction commits, and not at all if it rolls back."""
    session.info.setdefault(PAYMENTS, []).append((provider, outcome))


@event.listens_for(Session, "after_commit")
def _count_committed(session: Session) -> None:
    if session.in_nested_transaction():
        return
    for labels in session.info.pop(PAYMENTS, ()):
        PAYMENTS.labels(*labels).inc()


def count_message(outcome: str) -> None:
    MESSAGES.labels(outcome).inc()


def count_mail(outcome: str) -> None:
    MAILS.labels(outcome).inc()


def count_job_failure(job: str) -> None:
    JOB_FAILURES.labels(job).inc()


def _kind(update: Update) -> str:
    message = update.message
    if message is not None and (message.successful_payment or message.refunded_payment):
        return "payment"
    return update.event_type


class Gauges:
    """Gauges that are measured on a scrape."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading = asyncio.Lock()
        self._read_at = -MAX_AGE

    async def refresh(self) -> None:
        """Never raises: without the database the other metrics are still wanted."""
        for pool in Pool:
            in_use, most = self._database.connections(pool)
            POOL.labels(pool).set(in_use)
            POOL_SIZE.labels(pool).set(most)
        async with self._reading:
            if time.monotonic() - self._read_at >= MAX_AGE:
                await self._read()
                self._read_at = time.monotonic()

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(READ_TIMEOUT), self._database.transaction(Pool.JOBS) as session:
                found = await get_queue_depth(session)
                UNEXPLAINED.set(await count_unexplained_access(session))
        except Exception as error:
            log.warning("queue_not_read", error=error)
            found = None
        DATABASE_UP.set(found is not None)
        _set_jobs(found or QueueDepth({}, 0.0))


def _set_jobs(found: QueueDepth) -> None:
    JOBS.clear()
    for status, count in found.jobs.items():
        JOBS.labels(status).set(count)
    OLDEST_JOB.set(found.oldest)
