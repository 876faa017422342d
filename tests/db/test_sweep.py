"""What the minutely sweep does again, and what it leaves alone."""

from datetime import UTC, datetime, timedelta

import asyncpg

from bot.jobs.housekeeping import FOUND_AGAIN
from bot.retry import MAX_RETRY_AGE
from db.engine import Database, Pool
from db.payments.attempts import list_overdue
from db.queue import requeue_failed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def test_an_attempt_whose_purchase_was_deleted_is_overdue_no_more(
    dsn: str, connection: asyncpg.Connection
) -> None:
    await connection.execute(
        "insert into bot.payment_attempts (telegram_id, method, key, request, created_at, next_ask_at)"
        " values (1, 'link', 'k', '', $1, $1)",
        NOW,
    )
    database = Database(dsn)
    async with database.transaction(Pool.JOBS) as session:
        assert await list_overdue(session, NOW + timedelta(days=1)) == []
    await database.close()


async def test_a_job_held_before_its_time_is_run_again(dsn: str, connection: asyncpg.Connection) -> None:
    """As pgqueuer holds it where the database was away when it was to be put back; however often it had waited. What
    is found in the database anew leaves no row behind that would look like a job to be looked after."""
    for name, age in (
        ("tell", timedelta(hours=3)),
        ("send", MAX_RETRY_AGE + timedelta(hours=1)),
        ("certificate", timedelta()),
        ("certificate", timedelta()),
        ("verify_callback", timedelta()),
        ("ask_payment", MAX_RETRY_AGE + timedelta(hours=1)),
    ):
        await connection.execute(
            "insert into bot.pgqueuer (priority, status, entrypoint, attempts, created, dedupe_key)"
            " values (0, 'failed', $1, 500, now() - $2::interval, $1 || ':1')",
            name,
            age,
        )
    waiting = "insert into bot.pgqueuer (priority, status, entrypoint, dedupe_key) values (0, 'queued', $1, $1 || ':1')"
    await connection.execute(waiting, "certificate")  # asked for once more meanwhile
    database = Database(dsn)
    async with database.transaction(Pool.JOBS) as session:
        await requeue_failed(session, FOUND_AGAIN, MAX_RETRY_AGE)
    await database.close()
    found = await connection.fetch("select entrypoint, status::text from bot.pgqueuer order by id")
    assert [tuple(row) for row in found] == [
        ("tell", "queued"),
        ("send", "failed"),
        ("certificate", "queued"),
        ("certificate", "queued"),
        ("ask_payment", "failed"),
        ("certificate", "queued"),
    ]
