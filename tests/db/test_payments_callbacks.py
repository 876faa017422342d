"""Recording a callback: the row and its job in one transaction, with and without a pooler's address."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import asyncpg
import orjson
import pytest
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from sqlalchemy.exc import DBAPIError

from db.engine import Database, Pool
from db.jobs import SweepJob, VerifyCallbackJob
from db.payments import callbacks
from db.queue import enqueue, enqueue_all, queue_queries

PAYMENT = "2d4d8203-000f-5000-9000-15fc20582329"


@pytest.fixture(params=["direct", "pooled"])
async def database(dsn: str, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    opened = Database(dsn + ("&statement_cache_size=0" if request.param == "pooled" else ""))
    yield opened
    await opened.close()


async def test_a_callback_and_its_job_are_written_together(
    database: Database, connection: asyncpg.Connection
) -> None:
    for event in ("payment.succeeded", "payment.canceled"):
        await callbacks.record_callback(database, event, "object", PAYMENT, '{"a": "é"}')
    rows = await connection.fetch("SELECT * FROM bot.callbacks ORDER BY id")
    assert [(row["event"], row["object_id"], row["payment_id"], row["body"]) for row in rows] == [
        (event, "object", PAYMENT, '{"a": "é"}') for event in ("payment.succeeded", "payment.canceled")
    ]
    jobs = await connection.fetch("SELECT * FROM bot.pgqueuer ORDER BY id")
    assert [orjson.loads(job["payload"]) for job in jobs] == [{"id": row["id"]} for row in rows]
    assert {(job["entrypoint"], job["priority"], job["status"]) for job in jobs} == {
        ("verify_callback", 10, "queued")
    }
    assert await connection.fetchval("SELECT count(*) FROM bot.pgqueuer_log") == 2


async def test_jobs_are_as_pgqueuer_makes_them(database: Database, connection: asyncpg.Connection) -> None:
    """Another pgqueuer may change its statement: what we make of it must not differ from what it makes itself."""
    await callbacks.record_callback(database, "payment.succeeded", "object", PAYMENT, "{}")
    [recorded] = await connection.fetch("SELECT id FROM bot.callbacks")
    job = VerifyCallbackJob(id=recorded["id"])
    async with database.transaction(Pool.MONEY) as session:
        await enqueue(session, job, priority=10)
        await enqueue_all(session, [job, job])
    await queue_queries(AsyncpgDriver(connection)).enqueue(
        "verify_callback", orjson.dumps({"id": job.id}), priority=10
    )
    jobs = [dict(job) for job in await connection.fetch("SELECT * FROM bot.pgqueuer ORDER BY id")]
    assert [job["priority"] for job in jobs] == [10, 10, 0, 0, 10]
    same = jobs[0].keys() - {"id", "created", "updated", "execute_after", "heartbeat", "priority"}
    assert [{name: job[name] for name in same} for job in jobs] == [
        {name: jobs[-1][name] for name in same}
    ] * 5


async def test_a_job_of_a_key_is_queued_once_and_one_for_later_waits(
    database: Database, connection: asyncpg.Connection
) -> None:
    async with database.transaction(Pool.MONEY) as session:
        for _ in range(2):
            await enqueue(session, SweepJob(), key="once", after=timedelta(hours=1))
    [job] = await connection.fetch("SELECT dedupe_key, execute_after - now() AS wait FROM bot.pgqueuer")
    assert job["dedupe_key"] == "once"
    assert timedelta(minutes=59) < job["wait"] <= timedelta(hours=1)


async def test_jobs_of_what_was_rolled_back_are_not_there(
    database: Database, connection: asyncpg.Connection
) -> None:
    with suppress(ZeroDivisionError):
        async with database.transaction(Pool.MONEY) as session:
            await enqueue(session, SweepJob())
            raise ZeroDivisionError
    assert await connection.fetchval("SELECT count(*) FROM bot.pgqueuer") == 0


async def test_without_its_job_a_callback_is_not_recorded(
    database: Database, connection: asyncpg.Connection
) -> None:
    await connection.execute("ALTER TABLE bot.pgqueuer ADD CHECK (entrypoint <> 'verify_callback')")
    with pytest.raises(DBAPIError):
        await callbacks.record_callback(database, "payment.succeeded", "object", PAYMENT, "{}")
    assert await connection.fetchval("SELECT count(*) FROM bot.callbacks") == 0
