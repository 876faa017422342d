"""Jobs are enqueued in the transaction of what causes them: committed together or not at all."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

import orjson
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings
from pgqueuer.ports.driver import Driver
from sqlalchemy import Interval, Text, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.direct import write_later
from db.jobs import ConfirmNameJob, Job
from db.sql import text
from db.tables import Cursor

Q = TypeVar("Q", bound=Queries)

# Every name spelled for schema `bot`, whatever the environment says. Made once: pgqueuer's settings read the
# environment each time they are made, which takes longer than the statement they are for.
SETTINGS = DBSettings(db_schema="bot")
SCHEMA = QueryBuilderEnvironment(SETTINGS)
QUEUE = QueryQueueBuilder(SETTINGS)
SCHEDULER = QuerySchedulerBuilder(SETTINGS)


def queue_queries(driver: Driver, kind: type[Q]) -> Q:
    """For the worker."""
    return kind(driver, qbe=SCHEMA, qbq=QUEUE, qbs=SCHEDULER)


# pgqueuer's own statements; its way to them costs more than they do. Its arguments have numbers.
NAMES = ("", "priorities", "names", "payloads", "pauses", "keys", "headers")
ENQUEUE, ENQUEUE_ONCE = (
    text(re.sub(r"\$(\d)", lambda at: f":{NAMES[int(at[1])]} ", QUEUE.build_enqueue_query(conflict)))
    for conflict in ("raise", "skip")
)

# The same as parts of a larger statement: enqueues what the part called `jobs` selects.
ENQUEUED = """
    queued as (
        insert into bot.pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, headers, status)
        select priority, entrypoint, payload, now(), dedupe_key, 'null', 'queued' from jobs
        on conflict (dedupe_key) where status in ('queued', 'picked') and dedupe_key is not null do nothing
        returning id, entrypoint, priority
    ),
    logged as (
        insert into bot.pgqueuer_log (job_id, status, entrypoint, priority)
        select id, 'queued', entrypoint, priority from queued
    )
"""


# As ENQUEUE, of which nobody is told anything.
ENQUEUE_LATER = """
jobs# as (
    select * from unnest(
        cast(:priorities as int[]), cast(:names as text[]), cast(:payloads as bytea[]), cast(:pauses as interval[]),
        cast(:headers as jsonb[])
    ) job (priority, entrypoint, payload, pause, headers)
), queued# as (
    insert into bot.pgqueuer (priority, entrypoint, payload, execute_after, headers, status)
    select priority, entrypoint, payload, now() + pause, headers, 'queued' from jobs#
    returning id, entrypoint, priority
), logged# as (
    insert into bot.pgqueuer_log (job_id, status, entrypoint, priority)
    select id, 'queued', entrypoint, priority from queued#
)
"""


Carried = Mapping[str, object] | None
_carried: ContextVar[Carried] = ContextVar("carried", default=None)


@contextmanager
def carrying(what: Carried) -> Iterator[None]:
    """The jobs that are enqueued meanwhile have it as their headers: who runs them carries it again."""
    before = _carried.set(what)
    try:
        yield
    finally:
        _carried.reset(before)


def get_carried() -> Carried:
    return _carried.get()


async def enqueue(
    session: AsyncSession,
    job: Job,
    *,
    after: timedelta | None = None,
    key: str | None = None,
    priority: int = 0,
) -> bool:
    """`key`: while a job of that key is queued or running, another one is not added. Whether it was."""
    values = _values([Waiting(job, after or timedelta(), key)], priority)
    added = await session.execute(ENQUEUE_ONCE if key else ENQUEUE, values)
    return bool(added.all())


async def enqueue_all(session: AsyncSession, jobs: Sequence[Job], *, after: timedelta | None = None) -> None:
    """Several of one kind, by one statement."""
    await enqueue_each(session, [Waiting(job, after or timedelta()) for job in jobs])


@dataclass(frozen=True, slots=True)
class Waiting:
    """`after` and `key`: as of `enqueue`."""

    job: Job
    after: timedelta
    key: str | None = None


async def enqueue_each(session: AsyncSession, waiting: Sequence[Waiting], *, priority: int = 0) -> None:
    """By one statement. Either all of them have a key or none has."""
    if waiting and waiting[0].key:
        await session.execute(ENQUEUE_ONCE, _values(waiting, priority))
    elif waiting:
        await write_later(session, ENQUEUE_LATER, _values(waiting, priority))


def _values(waiting: Sequence[Waiting], priority: int) -> dict[str, list[Any]]:
    """The arguments of pgqueuer's statement, a list each."""
    lists: tuple[list[Any], ...] = (
        [],
        [priority] * len(waiting),
        [one.job.name for one in waiting],
        [orjson.dumps(one.job) for one in waiting],
        [one.after for one in waiting],
        [one.key for one in waiting],
        [orjson.dumps(get_carried()).decode()] * len(waiting),
    )
    return dict(zip(NAMES, lists, strict=True))


async def requeue_failed(session: AsyncSession, found_again: Sequence[str], younger_than: timedelta) -> None:
    """A job that failed because the database went away can't be put back either; pgqueuer then holds it before its
    time, once the database is there again. It is put back now, without its key, which another may have by then; but for
    the jobs `found_again`, which are enqueued anew without it: they are deleted, so that each is there once and nobody
    looks for what is amiss."""
    given = {"age": younger_than, "names": list(found_again)}
    await session.execute(DELETE_FAILED, given)
    await session.execute(REQUEUE_FAILED, given)


HELD_EARLY = "status = 'failed' and created > now() - cast(:age as interval)"
DELETE_FAILED = text(f"delete from bot.pgqueuer where {HELD_EARLY} and entrypoint = any(:names)")
REQUEUE_FAILED = text(
    "update bot.pgqueuer set status = 'queued', dedupe_key = null, attempts = attempts + 1, queue_manager_id = null,"
    " execute_after = now(), updated = now()"
    f" where {HELD_EARLY} and entrypoint <> all(:names)"
)


# What is about an account, about a chat, or is to be sent to one.
DELETE_JOBS = text(
    """
    with waiting as (
        select id, convert_from(payload, 'UTF8')::jsonb as job from bot.pgqueuer
        where status in ('queued', 'failed') and entrypoint = any(:names)
    )
    delete from bot.pgqueuer where id in (
        select id from waiting
        where cast(job ->> 'user_id' as bigint) = any(:users) or cast(job ->> 'telegram_id' as bigint) = any(:chats)
           or exists (select from jsonb_array_elements(coalesce(job -> 'methods', '[]')) one
                      where one -> 'values' ->> 'chat_id' = any(:names_of_chats))
    )
    """
)


async def delete_jobs_of(session: AsyncSession, users: list[int], chats: list[int]) -> None:
    """That wait. An admin's command about one of them is answered all the same."""
    named = [
        job.name
        for job in Job.__subclasses__()
        if job is not ConfirmNameJob
        and {"user_id", "telegram_id", "methods"} & {one.name for one in fields(job)}
    ]
    values = {"names": named, "users": users, "chats": chats, "names_of_chats": [str(chat) for chat in chats]}
    await session.execute(DELETE_JOBS, values)


async def delete_log(session: AsyncSession, before: datetime) -> None:
    """pgqueuer's own log and statistics up to that moment."""
    for table in ("bot.pgqueuer_log", "bot.pgqueuer_statistics"):
        await session.execute(text(f"delete from {table} where created < :before"), {"before": before})


# As pgqueuer's trigger says it, which is silent about updates.
MOVE = text(
    """
    with jobs as (
        update bot.pgqueuer set execute_after = execute_after - :by, created = created - :by returning 1
    ), schedules as (
        update bot.pgqueuer_schedules set next_run = next_run - :by returning 1
    )
    select pg_notify(:channel, json_build_object(
        'channel', cast(:channel as text), 'operation', 'update', 'sent_at', now(), 'table', 'pgqueuer',
        'type', 'table_changed_event'
    )::text)
    """
).bindparams(bindparam("by", type_=Interval), bindparam("channel", SETTINGS.channel, type_=Text))


CLOCK = "clock"  # among the cursors: seconds that the application's clock is ahead of the machine's


async def move_nearer(session: AsyncSession, by: timedelta, ahead: timedelta) -> None:
    """What is queued or scheduled comes nearer by so much, and is older by so much, as if that time had passed; the
    worker looks at once. Heartbeats are the machine's. `ahead` is written down: by how much time all moves together
    have passed."""
    await session.execute(MOVE, {"by": by})
    row = insert(Cursor).values(name=CLOCK, value=ahead // timedelta(seconds=1))
    await session.execute(
        row.on_conflict_do_update(index_elements=["name"], set_={"value": row.excluded.value})
    )


async def get_ahead(session: AsyncSession) -> timedelta | None:
    """None where the clock was never moved."""
    seconds = await session.scalar(select(Cursor.value).where(Cursor.name == CLOCK))
    return None if seconds is None else timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class QueueRest:
    """`busy`: jobs and schedules that run, and jobs that are due. `next_job`, and `schedules` by name: how long until
    they are due."""

    busy: int
    next_job: timedelta | None
    schedules: dict[str, timedelta]


GET_REST = text(
    """
    select count(*) filter (where status = 'picked' or (status = 'queued' and execute_after <= now())),
           min(execute_after) filter (where status = 'queued' and execute_after > now()) - now()
    from bot.pgqueuer
    """
)
GET_SCHEDULES = text(
    "select entrypoint, next_run - now() as wait, status = 'picked' as runs from bot.pgqueuer_schedules"
)


async def get_rest(session: AsyncSession) -> QueueRest:
    busy, next_job = (await session.execute(GET_REST)).one()
    rows = (await session.execute(GET_SCHEDULES)).all()
    busy += sum(row.runs for row in rows)
    return QueueRest(busy, next_job, {row.entrypoint: row.wait for row in rows})


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """`jobs`: how many there are of each status; `oldest`: for how many seconds the first one has been due."""

    jobs: dict[str, int]
    oldest: float


GET_DEPTH = text(
    """
    select status::text, count(*) as jobs,
           extract(epoch from max(now() - execute_after) filter (where status = 'queued')) as overdue
    from bot.pgqueuer group by status
    """
)


async def get_queue_depth(session: AsyncSession) -> QueueDepth:
    """One statement over the whole queue table."""
    rows = (await session.execute(GET_DEPTH)).all()
    overdue = max((float(row.overdue) for row in rows if row.overdue is not None), default=0.0)
    return QueueDepth({row.status: row.jobs for row in rows}, max(overdue, 0.0))
