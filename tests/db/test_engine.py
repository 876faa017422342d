"""What is taken for an outage of the database, and what for our own mistake: an update that is put off for ever
would stop all that follow it."""

import asyncpg
import pytest
from sqlalchemy import text

from db.engine import Database, Pool, has_begun, is_unavailable, only_reads


@pytest.mark.parametrize(
    "wrong",
    [
        ("select cast(:value as bigint)", 2**70),
        ("select cast(:value as text)", "\ud800"),
        ("select cast(:value as text)", "\x00"),
        ("select no_such_column", None),
    ],
)
async def test_a_value_that_no_column_takes_is_no_outage(dsn: str, wrong: tuple[str, object]) -> None:
    statement, value = wrong
    database = Database(dsn)
    with pytest.raises(Exception) as caught:
        async with database.transaction(Pool.TALK) as session:
            await session.execute(text(statement), {"value": value} if value is not None else {})
    await database.close()
    assert not is_unavailable(caught.value)


async def test_a_lost_connection_and_a_missing_server_are(dsn: str, connection: asyncpg.Connection) -> None:
    database = Database(dsn)
    with pytest.raises(Exception) as lost:
        await _lose_connection(database, connection)
    await database.close()
    assert is_unavailable(lost.value)
    nobody = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Exception) as missing:
        await nobody.check_usable()
    await nobody.close()
    assert is_unavailable(missing.value)


async def _lose_connection(database: Database, connection: asyncpg.Connection) -> None:
    async with database.transaction(Pool.TALK) as session:
        own = await session.scalar(text("select pg_backend_pid()"))
        await connection.execute("select pg_terminate_backend($1)", own)
        await session.execute(text("select 1"))


SEEN = text("select count(*) from modules")
MADE = text("insert into modules (name, interval_count) values ('English', 10)")


async def test_a_transaction_of_the_talk_pool_begins_with_what_may_write(
    dsn: str, connection: asyncpg.Connection
) -> None:
    """Until then others' commits are seen and nothing is held; from then on all of it is one."""
    database = Database(dsn)
    try:
        async with database.transaction(Pool.TALK) as session:
            await session.execute(SEEN)
            assert not await has_begun(session)
        with pytest.raises(ZeroDivisionError):
            await _fail_after_writing(database)
        assert await connection.fetchval(SEEN.text) == 0
        async with database.transaction(Pool.TALK) as session:  # the connection is as it was
            await session.execute(SEEN)
            assert not await has_begun(session)
            async with session.begin_nested():
                await session.execute(MADE)
        assert await connection.fetchval(SEEN.text) == 1
    finally:
        await database.close()


async def _fail_after_writing(database: Database) -> None:
    async with database.transaction(Pool.TALK) as session:
        await session.execute(SEEN)
        await session.execute(MADE)
        assert await has_begun(session)
        async with session.begin_nested():
            await session.execute(MADE)
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("statement", "reads"),
    [
        ("\n with a as (select 1) select updated_at from bot.updates", True),
        ("select 1 from users for update", False),
        ("select 1 from users for share", False),
        ("select pg_advisory_xact_lock(1)", False),
        ("with a as (INSERT into users values (1) returning 1) select * from a", False),
        ("SAVEPOINT one", False),
        ("lock table users", False),
        ("set local statement_timeout = 1", False),
    ],
)
def test_what_only_reads(statement: str, reads: bool) -> None:
    assert only_reads(statement) is reads
