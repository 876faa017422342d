"""Recording a callback: the row and its job in one transaction, with and without a pooler's address."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg
import orjson
import pytest
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from sqlalchemy.exc import DBAPIError

from bot.clock import utc_now
from db.engine import Database, Pool
from db.jobs import SweepJob, VerifyCallbackJob
from db.payments import callbacks
from db.queue import enqueue, enqueue_all, queue_queries

OTHER = "2d4d8203-000f-5000-9000-15fc20582330"
PAYMENT = "2d4d8203-000f-5000-9000-15fc20582329"


@pytest.fixture(params=["direct", "pooled"])
async def database(dsn: str, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    opened = Database(dsn + ("&statement_cache_size=0" if request.param == "pooled" else ""))
    yield opened
    await opened.close()


async def bought(connection: asyncpg.Connection, payment_id: str) -> None:
    """A purchase that bears that id, or that placeholder."""
    await connection.execute(
        "with u as (insert into users (email, created_at) values ($1 || '@example.com', now()) returning id),"
        " m as (insert into modules (name, interval_count) values ('M', 1) returning id),"
        " p as (insert into products (name, module_id) select 'P', id from m returning product_id)"
        " insert into purchases (user_id, product_id, days, amount_cents, currency, provider,"
        " provider_payment_id, status, created_at) select u.id, p.product_id, 1, 100, 'RUB', 'yookassa', $1,"
        " 'pending', now() from u, p",
        payment_id,
    )


async def record(
    database: Database,
    event: str,
    object_id: str,
    payment_id: str,
    body: bytes,
    at: datetime,
    key: str | None = None,
) -> bool:
    received = callbacks.Received(event, object_id, payment_id, body, at, key)
    [taken] = await callbacks.record_callbacks(database, [received])
    return taken


async def lines(connection: asyncpg.Connection) -> list[tuple[str, int]]:
    rows = await connection.fetch("select entrypoint, priority from bot.pgqueuer order by id")
    return [tuple(row) for row in rows]


FIRST, LAST = ("verify_callback", 10), ("verify_unknown", -10)


async def test_a_callback_and_its_job_are_written_together(
    database: Database, connection: asyncpg.Connection
) -> None:
    for event in ("payment.succeeded", "payment.canceled"):
        await record(database, event, "object", PAYMENT, '{"a": "é"}'.encode(), utc_now())
    rows = await connection.fetch("SELECT * FROM bot.callbacks ORDER BY id")
    assert [(row["event"], row["object_id"], row["payment_id"], row["body"]) for row in rows] == [
        (event, "object", PAYMENT, '{"a": "é"}') for event in ("payment.succeeded", "payment.canceled")
    ]
    jobs = await connection.fetch("SELECT * FROM bot.pgqueuer ORDER BY id")
    assert [orjson.loads(job["payload"]) for job in jobs] == [{"id": row["id"]} for row in rows]
    assert {(job["entrypoint"], job["priority"], job["status"]) for job in jobs} == {
        ("verify_unknown", -10, "queued")
    }
    assert await connection.fetchval("SELECT count(*) FROM bot.pgqueuer_log") == 2


async def test_jobs_are_as_pgqueuer_makes_them(database: Database, connection: asyncpg.Connection) -> None:
    """Another pgqueuer may change its statement: what we make of it must not differ from what it makes itself."""
    await bought(connection, PAYMENT)
    await record(database, "payment.succeeded", "object", PAYMENT, b"{}", utc_now())
    [recorded] = await connection.fetch("SELECT id FROM bot.callbacks")
    job = VerifyCallbackJob(id=recorded["id"])
    async with database.transaction(Pool.MONEY) as session:
        await enqueue(session, job, priority=10)
        await enqueue_all(session, [job, job])
    await queue_queries(AsyncpgDriver(connection), Queries).enqueue(
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
    await connection.execute("ALTER TABLE bot.pgqueuer ADD CHECK (entrypoint <> 'verify_unknown')")
    with pytest.raises(DBAPIError):
        await record(database, "payment.succeeded", "object", PAYMENT, b"{}", utc_now())
    assert await connection.fetchval("SELECT count(*) FROM bot.callbacks") == 0


async def test_known_payments_come_before_others(database: Database, connection: asyncpg.Connection) -> None:
    """By its id, or by the key while the purchase has no id; a key that nobody has makes nothing known."""
    await bought(connection, PAYMENT)
    await bought(connection, "key:ours")
    for payment, key in (
        (PAYMENT, None),
        (OTHER, "ours"),
        (OTHER, "theirs"),
        (OTHER, None),
        (OTHER, PAYMENT),
    ):
        assert await record(database, "payment.succeeded", "o", payment, b"{}", utc_now(), key)
    assert await lines(connection) == [FIRST, FIRST, LAST, LAST, LAST]
    keys = await connection.fetch("select dedupe_key, payload from bot.pgqueuer order by id")
    names = [f"verify:{orjson.loads(row['payload'])['id']}" for row in keys]
    assert [row["dedupe_key"] for row in keys] == [None, None, *names[2:]]


async def test_what_came_before_its_purchase_was_known_takes_no_place(
    database: Database, connection: asyncpg.Connection
) -> None:
    for _ in range(callbacks.FIRST):
        assert await record(database, "payment.succeeded", "o", PAYMENT, b"{}", utc_now())
    await bought(connection, PAYMENT)
    assert await record(database, "payment.succeeded", "o", PAYMENT, b"{}", utc_now())
    assert await lines(connection) == [LAST] * callbacks.FIRST + [FIRST]


async def test_one_payment_does_not_fill_the_line_of_the_others(
    database: Database, connection: asyncpg.Connection
) -> None:
    """Each is kept and verified all the same; once the first ones are, it is among the first again."""
    await bought(connection, PAYMENT)
    for _ in range(callbacks.FIRST + 2):
        assert await record(database, "payment.succeeded", "o", PAYMENT, b"{}", utc_now())
    assert await lines(connection) == [FIRST] * callbacks.FIRST + [LAST] * 2
    await bought(connection, OTHER)
    assert await record(database, "payment.succeeded", "o", OTHER, b"{}", utc_now())
    assert (await lines(connection))[-1] == FIRST
    await connection.execute("update bot.callbacks set handled_at = now() where known")
    assert await record(database, "payment.succeeded", "o", PAYMENT, b"{}", utc_now())
    assert (await lines(connection))[-1] == FIRST


async def test_only_so_many_others_wait(
    database: Database, connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known payments' callbacks are taken all the same, and others again when one was handled."""
    monkeypatch.setattr(callbacks, "CEILING", 2)
    await bought(connection, PAYMENT)

    async def taken(payment: str) -> bool:
        return await record(database, "payment.succeeded", "o", payment, b"{}", utc_now())

    assert [await taken(OTHER) for _ in range(3)] == [True, True, False]
    assert await taken(PAYMENT)
    assert (
        len(await lines(connection)) == await connection.fetchval("select count(*) from bot.callbacks") == 3
    )
    await connection.execute(
        "update bot.callbacks set handled_at = now() where id in (select min(id) from bot.callbacks)"
    )
    assert [await taken(OTHER) for _ in range(2)] == [True, False]


async def test_those_that_come_together_are_decided_one_by_one(
    database: Database, connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "CEILING", 3)
    await bought(connection, PAYMENT)
    now = utc_now()
    payments = [OTHER, *[PAYMENT] * (callbacks.FIRST + 1), OTHER, OTHER, PAYMENT]
    received = [callbacks.Received("payment.succeeded", "o", one, b"{}", now) for one in payments]
    assert await callbacks.record_callbacks(database, received) == [True] * 6 + [False] * 2
    assert await lines(connection) == [LAST, *[FIRST] * callbacks.FIRST, LAST, LAST]
    kept = await connection.fetch("select payment_id from bot.callbacks order by id")
    assert [row["payment_id"] for row in kept] == payments[:6]


@pytest.mark.parametrize(
    "body", [b"x" * 300_000, "я".encode() * 3000, b"x" + "я".encode() * 3000, b"\x00" * 9]
)
async def test_the_beginning_of_a_body_is_kept(
    database: Database, connection: asyncpg.Connection, body: bytes
) -> None:
    await record(database, "payment.succeeded", "o", PAYMENT, body, utc_now())
    kept: str = await connection.fetchval("select body from bot.callbacks")
    assert len(kept.encode()) <= 4096
    assert body.decode().replace("\x00", "").startswith(kept)
    assert len(kept.encode()) >= min(4095, len(body.replace(b"\x00", b"")))


async def test_what_was_handled_goes_in_time(database: Database, connection: asyncpg.Connection) -> None:
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    ages = {
        "new": (None, "{}"), "open": (timedelta(days=99), "{}"), "told": (timedelta(days=29), "{}"),
        "old": (timedelta(days=31), "{}"), "nothing": (timedelta(minutes=61), ""),
        "lately": (timedelta(minutes=59), ""), "month": (timedelta(days=30), "{}"), "hour": (timedelta(hours=1), ""),
    }  # fmt: skip
    for name, (age, body) in ages.items():
        handled = None if name == "open" or age is None else now - age
        await connection.execute(
            "insert into bot.callbacks (event, object_id, payment_id, body, received_at, handled_at)"
            " values ('e', $1, 'p', $2, $3, $4)",
            name,
            body,
            now - (age or timedelta()),
            handled,
        )
    async with database.transaction(Pool.JOBS) as session:
        await callbacks.delete_old(session, now)
        await callbacks.delete_without_news(session, now)
    left = await connection.fetch("select object_id from bot.callbacks order by id")
    assert [row[0] for row in left] == ["new", "open", "told", "lately", "month", "hour"]


async def test_known_ones_are_looked_after_first(database: Database, connection: asyncpg.Connection) -> None:
    """However many others have been waiting for longer."""
    await connection.execute(
        "insert into bot.callbacks (event, object_id, payment_id, body, received_at, known)"
        " select 'e', 'o', 'p', '', now() - interval '1 hour', n = 150 from generate_series(1, 150) n"
    )
    async with database.transaction(Pool.JOBS) as session:
        found = await callbacks.list_unhandled(session, datetime.now(UTC))
    assert [one.known for one in found] == [True] + [False] * 99
