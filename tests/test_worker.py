"""The job worker: what it announces before it listens is not lost, nor is a job in the middle of which it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from bot.context import AppContext
from bot.jobs import entry
from bot.jobs.drivers import ListeningDriver, connections
from bot.jobs.worker import Worker
from bot.retry import MAX_RETRY_AGE, RetryJobError
from db.engine import Pool
from db.jobs import Job
from db.queue import enqueue
from handlers.app import Application
from tests.app import QUICK, settings_for
from tests.chat_user import PATIENCE

pytestmark = pytest.mark.usefixtures("errors")
STATUS = "select status::text from bot.pgqueuer"
# Whoever waits for a lock to put a job back.
CUT = """
select bool_or(pg_terminate_backend(pid)) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock' and query like 'WITH retry%'
"""


class Nap(Job):
    name = "nap"


async def test_a_probe_waits_until_somebody_listens(dsn: str) -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()
    async with asyncpg.create_pool(dsn, min_size=1, max_size=3) as pool, ListeningDriver(pool) as driver:
        probe = asyncio.create_task(driver.notify("channel", "are you there?"))
        await pool.fetchval("select 1")
        assert not probe.done()
        await driver.add_listener("channel", heard.put_nowait)
        async with asyncio.timeout(10):
            assert await heard.get() == "are you there?"
            await probe


async def test_a_connection_that_is_never_given_back_does_not_keep_the_worker_from_ending(dsn: str) -> None:
    """As pgqueuer leaves its listener when the database went away in the middle of a message."""
    async with asyncio.timeout(PATIENCE):
        async with connections(dsn) as pool:
            kept = await pool.acquire()
    with pytest.raises(asyncpg.InterfaceError):
        await kept.fetchval("select 1")


async def job_of(context: AppContext) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        await enqueue(session, Nap())


async def becomes(condition: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - it happens in the worker and in the database
            await asyncio.sleep(0.03)


async def test_a_job_that_is_cancelled_is_run_again(dsn: str, connection: asyncpg.Connection) -> None:
    """As when the bot comes to a sudden end: pgqueuer alone would delete it."""
    app = Application(settings_for("http://127.0.0.1:9"), dsn, timings=QUICK)
    naps, woken = asyncio.Semaphore(0), asyncio.Event()

    async def nap(job: Nap, context: AppContext) -> None:
        naps.release()
        await woken.wait()

    await job_of(app.context)
    async with asyncio.timeout(PATIENCE):
        first = asyncio.create_task(Worker(dsn, app.context, dict([entry(Nap, nap)]), {}).run())
        await naps.acquire()
        for _ in range(2):  # pgqueuer lets its jobs end, unless it is cancelled again meanwhile
            first.cancel()
            await asyncio.sleep(0.05)
        await asyncio.wait({first})
        assert await connection.fetchval(STATUS) == "queued"
        woken.set()
        worker = Worker(dsn, app.context, dict([entry(Nap, nap)]), {})
        second = asyncio.create_task(worker.run())
        await naps.acquire()
        worker.stop()
        await second
    assert await connection.fetchval(STATUS) is None
    await app.close()


@pytest.mark.errors_expected("the job fails")
@pytest.mark.parametrize(
    ("age", "status"), [(timedelta(), "queued"), (MAX_RETRY_AGE + timedelta(minutes=1), "failed")]
)
async def test_a_job_is_held_by_its_age_however_often_it_had_to_wait(
    dsn: str, connection: asyncpg.Connection, age: timedelta, status: str
) -> None:
    app = Application(settings_for("http://127.0.0.1:9"), dsn, timings=QUICK)
    runs = 0

    async def nap(job: Nap, context: AppContext) -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise RetryJobError("not yet", timedelta(milliseconds=1))
        raise AssertionError("a defect")

    await job_of(app.context)
    await connection.execute("update bot.pgqueuer set attempts = 500, created = now() - $1::interval", age)
    worker = Worker(dsn, app.context, dict([entry(Nap, nap)]), {})
    running = asyncio.create_task(worker.run())
    await becomes(lambda: connection.fetchval("select attempts = 502 or status = 'failed' from bot.pgqueuer"))
    assert await connection.fetchval(STATUS) == status
    worker.stop()
    await running
    await app.close()


async def test_a_job_is_put_back_though_the_connection_breaks(
    dsn: str, connection: asyncpg.Connection
) -> None:
    # A heartbeat would wait for the lock, too, and the job's end for the heartbeat.
    timings = replace(QUICK, heartbeat=timedelta(seconds=PATIENCE))
    app = Application(settings_for("http://127.0.0.1:9"), dsn, timings=timings)
    runs, may_fail = asyncio.Semaphore(0), asyncio.Event()

    async def nap(job: Nap, context: AppContext) -> None:
        runs.release()
        await may_fail.wait()
        raise RetryJobError("not yet")

    await job_of(app.context)
    worker = Worker(dsn, app.context, dict([entry(Nap, nap)]), {})
    async with asyncio.timeout(PATIENCE):
        running = asyncio.create_task(worker.run())
        await runs.acquire()
        async with connection.transaction():
            await connection.execute("select from bot.pgqueuer for update")
            may_fail.set()
            await becomes(lambda: connection.fetchval(CUT))
        await runs.acquire()
        worker.stop()
        await running
    assert await connection.fetchval(STATUS) == "queued"
    await app.close()
