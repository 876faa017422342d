"""Jobs are enqueued in the transaction of what causes them: committed together or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings
from pgqueuer.ports.driver import Driver
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Every name spelled for schema `bot`, whatever the environment says. Made once: pgqueuer's settings read the
# environment each time they are made, which takes longer than the statement they are for.
SETTINGS = DBSettings(db_schema="bot")
SCHEMA = QueryBuilderEnvironment(SETTINGS)
QUEUE = QueryQueueBuilder(SETTINGS)
SCHEDULER = QuerySchedulerBuilder(SETTINGS)


def queue_queries(driver: Driver) -> Queries:
    """For the worker."""
    return Queries(driver, qbe=SCHEMA, qbq=QUEUE, qbs=SCHEDULER)


# pgqueuer's own statements; its way to them costs more than they do.
ENQUEUE = QUEUE.build_enqueue_query("raise")
ENQUEUE_ONCE = QUEUE.build_enqueue_query("skip")


# Both go through SQLAlchemy, so that its lazy BEGIN has happened: over the raw connection the first statement of a
# transaction would commit by itself.
async def enqueue(
    session: AsyncSession,
    job: str,
    payload: dict[str, Any],
    *,
    after: timedelta | None = None,
    key: str | None = None,
    priority: int = 0,
) -> None:
    """`key`: while a job of that key is queued or running, another one is not added."""
    values = _values(job, [payload], after or timedelta(), key, priority)
    connection = await session.connection()
    await connection.exec_driver_sql(ENQUEUE_ONCE if key else ENQUEUE, values)


async def enqueue_all(session: AsyncSession, job: str, payloads: Sequence[dict[str, Any]]) -> None:
    """One job for each payload, by one statement."""
    if payloads:
        connection = await session.connection()
        await connection.exec_driver_sql(ENQUEUE, _values(job, payloads, timedelta(), None, 0))


def _values(
    job: str, payloads: Sequence[dict[str, Any]], after: timedelta, key: str | None, priority: int
) -> tuple[object, ...]:
    """The arguments of pgqueuer's statement, a list each: priorities, names, payloads, pauses, keys, headers."""
    count = len(payloads)
    packed = [orjson.dumps(payload) for payload in payloads]
    return ([priority] * count, [job] * count, packed, [after] * count, [key] * count, ["null"] * count)


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """`jobs`: how many there are of each status; `oldest`: for how many seconds the first one has been due."""

    jobs: dict[str, int]
    oldest: float


DEPTH = text(
    """
    select status::text, count(*) as jobs,
           extract(epoch from max(now() - execute_after) filter (where status = 'queued')) as overdue
    from bot.pgqueuer group by status
    """
)


async def get_queue_depth(session: AsyncSession) -> QueueDepth:
    rows = (await session.execute(DEPTH)).all()
    overdue = max((float(row.overdue) for row in rows if row.overdue is not None), default=0.0)
    return QueueDepth({row.status: row.jobs for row in rows}, max(overdue, 0.0))
