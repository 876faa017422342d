"""Recording a callback: one statement, the row and its job, with and without a pooler's address."""

from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db import callbacks
from db.engine import Books, Lane
from db.queue import enqueue
from db.tables import Callback

PAYMENT = "2d4d8203-000f-5000-9000-15fc20582329"


@pytest.fixture(params=["direct", "pooled"])
async def books(database: str, request: pytest.FixtureRequest) -> AsyncIterator[Books]:
    opened = Books(database + ("&statement_cache_size=0" if request.param == "pooled" else ""))
    yield opened
    await opened.close()


async def test_a_callback_and_its_job_are_written_together(
    books: Books, connection: asyncpg.Connection
) -> None:
    for event in ("payment.succeeded", "payment.canceled"):
        await callbacks.record(books, event, "object", PAYMENT, '{"a": "é"}')
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


async def test_its_job_is_like_any_other(books: Books, connection: asyncpg.Connection) -> None:
    """pgqueuer may change its statement: what we make of it must not differ from what it makes itself."""
    await callbacks.record(books, "payment.succeeded", "object", PAYMENT, "{}")
    [recorded] = await connection.fetch("SELECT id FROM bot.callbacks")
    async with books.transaction(Lane.MONEY) as session:
        await enqueue(session, "verify_callback", {"id": recorded["id"]}, priority=10)
    by_us, by_it = (dict(job) for job in await connection.fetch("SELECT * FROM bot.pgqueuer ORDER BY id"))
    changing = {"id", "created", "updated", "execute_after", "heartbeat"}
    assert {name: by_us[name] for name in by_us.keys() - changing} == {
        name: by_it[name] for name in by_it.keys() - changing
    }


async def test_without_its_job_a_callback_is_not_recorded(
    books: Books, connection: asyncpg.Connection
) -> None:
    await connection.execute("ALTER TABLE bot.pgqueuer ADD CHECK (entrypoint <> 'verify_callback')")
    with pytest.raises(DBAPIError):
        await callbacks.record(books, "payment.succeeded", "object", PAYMENT, "{}")
    assert await connection.fetchval("SELECT count(*) FROM bot.callbacks") == 0


async def test_the_next_user_of_the_connection_has_transactions_again(database: str) -> None:
    books = Books(database, sizes=dict.fromkeys(Lane, 1))
    await callbacks.record(books, "payment.succeeded", "object", PAYMENT, "{}")
    with suppress(ZeroDivisionError):
        async with books.transaction(Lane.MONEY) as session:
            await session.execute(text("DELETE FROM bot.callbacks"))
            raise ZeroDivisionError
    async with books.transaction(Lane.MONEY) as session:
        assert await session.get(Callback, 1) is not None
    await books.close()
