"""What a person on duty watches: updates, callbacks, payments, jobs, the queue, the connections.

Counters are of this process. The queue's gauges are read from the database when they are asked for, at most once
in `MAX_AGE` seconds, however many ask.
"""

import asyncio
import time

import structlog
from aiogram.types import Update
from prometheus_client import Counter, Gauge
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from db.engine import Database, Pool
from db.queue import QueueDepth, get_queue_depth

log = structlog.get_logger(__name__)

MAX_AGE = 5.0  # seconds
READ_TIMEOUT = 2.0  # seconds a scrape waits for the database
EVENTS = {"payment.succeeded", "payment.canceled", "payment.waiting_for_capture", "refund.succeeded"}

UPDATES = Counter(
    "lessongate_updates",
    "Updates by kind and outcome: handled, failed (a defect of ours), put off (no database), repeated",
    ["kind", "outcome"],
)
CALLBACKS = Counter(
    "lessongate_callbacks",
    "The provider's callbacks by event and outcome: recorded, ignored, not recorded",
    ["event", "outcome"],
)
PAYMENTS = Counter(
    "lessongate_payments_settled", "What the books made of payments, committed", ["provider", "outcome"]
)
JOB_FAILURES = Counter("lessongate_job_failures", "Runs of jobs that ended in an error", ["job"])
JOBS = Gauge("lessongate_jobs", "Jobs in the queue by status", ["status"])
OLDEST_JOB = Gauge(
    "lessongate_oldest_job_seconds", "How long the job that is due for the longest has been due"
)
POOL = Gauge(
    "lessongate_database_connections_in_use", "Connections that something is done on, by lane", ["lane"]
)
POOL_SIZE = Gauge("lessongate_database_connections_most", "Connections there may be, by lane", ["lane"])
DATABASE_UP = Gauge("lessongate_database_up", "1 where the queue could be read when it was last asked for")


def update_taken(update: Update, outcome: str) -> None:
    UPDATES.labels(_kind(update), outcome).inc()


def callback_taken(name: str, outcome: str) -> None:
    """Anybody may send a callback of any name: only known ones get a series of their own."""
    CALLBACKS.labels(name if name in EVENTS else "other", outcome).inc()


def payment_settled(session: AsyncSession, provider: str, outcome: str) -> None:
    """Counted when the transaction commits, and not at all if it doesn't."""
    session.info.setdefault(PAYMENTS, []).append((provider, outcome))


@event.listens_for(Session, "after_commit")
def _count(session: Session) -> None:
    if session.in_nested_transaction():
        return
    for labels in session.info.pop(PAYMENTS, ()):
        PAYMENTS.labels(*labels).inc()


def job_failed(job: str) -> None:
    JOB_FAILURES.labels(job).inc()


def _kind(update: Update) -> str:
    message = update.message
    if message is not None and (message.successful_payment or message.refunded_payment):
        return "payment"
    return update.event_type


class Gauges:
    """What is measured when it is asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading = asyncio.Lock()
        self._read_at = -MAX_AGE

    async def refresh(self) -> None:
        """Never raises: without the database the rest is wanted all the more."""
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
        except Exception as error:
            log.warning("queue_not_read", error=repr(error))
            found = None
        DATABASE_UP.set(found is not None)
        _show(found or QueueDepth({}, 0.0))


def _show(found: QueueDepth) -> None:
    JOBS.clear()
    for status, count in found.jobs.items():
        JOBS.labels(status).set(count)
    OLDEST_JOB.set(found.oldest)
