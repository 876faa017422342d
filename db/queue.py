"""Jobs are enqueued in the transaction of what causes them: committed together or not at all."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import orjson
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.settings import DBSettings
from pgqueuer.ports.driver import Driver, NotifyCallback
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

# Every name spelled for schema `bot`, whatever the environment says. Made once: pgqueuer's settings read the
# environment each time they are made, which takes longer than the statement they are for.
SETTINGS = DBSettings(db_schema="bot")
SCHEMA = QueryBuilderEnvironment(SETTINGS)
QUEUE = QueryQueueBuilder(SETTINGS)
SCHEDULER = QuerySchedulerBuilder(SETTINGS)


class SessionDriver(Driver):
    """Goes through SQLAlchemy, so that its lazy BEGIN has happened: over the raw connection the first statement
    of a transaction would commit by itself."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._shutdown = asyncio.Event()
        self._tasks = TaskManager()

    async def _run(self, query: str, args: tuple[object, ...]) -> Any:
        connection = await self._session.connection()
        return await connection.exec_driver_sql(query, args or None)

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        return [dict(row) for row in (await self._run(query, args)).mappings()]

    async def execute(self, query: str, *args: object) -> str:
        return str((await self._run(query, args)).rowcount)

    async def notify(self, channel: str, payload: str) -> None:
        await self._run("select pg_notify($1, $2)", (channel, payload))

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        raise NotImplementedError("a session listens to nothing")

    @property
    def shutdown(self) -> asyncio.Event:
        return self._shutdown

    @property
    def tm(self) -> Any:
        return self._tasks

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._shutdown.set()


def queries(driver: Driver) -> Queries:
    return Queries(driver, qbe=SCHEMA, qbq=QUEUE, qbs=SCHEDULER)


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
    await queries(SessionDriver(session)).enqueue(
        job,
        orjson.dumps(payload),
        priority=priority,
        execute_after=after,
        dedupe_key=key,
        on_conflict="skip" if key else "raise",
    )


@dataclass(frozen=True, slots=True)
class Recording:
    """One statement that inserts a row and enqueues the job it causes: both or neither, without a transaction
    around it, in one journey.

    The job's payload is `{"id": <the row's id>}`.
    """

    text: str
    job: str
    priority: int

    @classmethod
    def of(cls, insert: str, job: str, priority: int = 0) -> "Recording":
        """`insert` numbers its arguments from $7: the six before them are pgqueuer's, except $3, which is its first."""
        payload = """ARRAY[(SELECT convert_to('{"id":' || id || '}', 'UTF8') FROM recorded)]"""
        enqueuing = _once(QUEUE.build_enqueue_query("raise"), "$3::bytea[]", payload)
        return cls(_once(enqueuing, "WITH input AS", f"WITH recorded AS ({insert}), input AS"), job, priority)

    async def run(self, connection: AsyncConnection, first: str, *others: object) -> None:
        """`first` is $3, `others` are $7 and on."""
        job = ([self.priority], [self.job], first, [timedelta()], [None], ["null"])
        await connection.exec_driver_sql(self.text, (*job, *others))


def _once(text: str, old: str, new: str) -> str:
    """A newer pgqueuer may word its statement differently: better to learn that at the start."""
    if text.count(old) != 1:
        raise AssertionError(f"pgqueuer's statement has changed: {old!r} in {text}")
    return text.replace(old, new)
