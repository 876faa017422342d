"""What is taken for an outage of the database, and what for our own mistake: an update that is put off for ever
would stop all that follow it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Text, bindparam, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from db.direct import DirectSession, write_later
from db.engine import Database, Pool, has_begun, is_unavailable
from db.identities import TakenId, find_taken_id
from db.sql import only_reads
from db.tables import Module
from db.updates import HandledElsewhereError, mark_handled


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
    async with database.transaction(Pool.MONEY) as session:
        own = await session.scalar(text("select pg_backend_pid()"))
        await connection.execute("select pg_terminate_backend($1)", own)
        await session.execute(text("select 1"))


VALUES = text(
    """
select 7 as number, cast(:name as text) as name, null as nothing, '{"a": [1, "б"]}'::jsonb as data,
       timestamptz '2026-11-26 10:00+03' as at, timestamptz '-infinity' as before, array['a', 'b'] as letters,
       cast(:amount as bigint) as amount, 'select 1'::text as "Any Name"
where cast(:some as boolean)
"""
).bindparams(bindparam("name", type_=Text))
GIVEN = {"name": "Анна", "amount": 2**40, "some": True}


async def test_what_only_reads_gives_what_sqlalchemy_gives(dsn: str, connection: asyncpg.Connection) -> None:
    """By the short way; and over another connection where one was lost, since it may be asked twice."""
    database = Database(dsn)
    try:
        async with database.transaction(Pool.JOBS) as session:
            expected = (await session.execute(VALUES, GIVEN)).one()
            settings = await session.scalar(
                text("select current_setting('jit') || current_setting('timezone')")
            )
        async with database.transaction(Pool.TALK) as session:
            assert isinstance(session, DirectSession)
            found = (await session.execute(VALUES, GIVEN)).one()
            assert found == expected
            assert [type(one) for one in found] == [type(one) for one in expected]
            assert found._fields == expected._fields
            assert (await session.execute(VALUES, GIVEN | {"some": False})).one_or_none() is None
            assert (await session.scalars(VALUES, GIVEN)).all() == [7]
            assert (await session.scalars(VALUES, GIVEN | {"some": False})).all() == []
            assert (
                await session.scalar(text("select current_setting('jit') || current_setting('timezone')"))
                == settings
            )
            own = await session.scalar(text("select pg_backend_pid()"))
            await connection.execute("select pg_terminate_backend($1)", own)
            assert await session.scalar(text("select pg_backend_pid()")) != own
        assert database.connections(Pool.TALK)[0] == 0
    finally:
        await database.close()


SEEN = text("select count(*) from modules")
MADE = text("insert into modules (name, interval_count) values ('English', 10)")
TAKEN = text("insert into modules (id, name, interval_count) values (1, :name, 1)")


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


async def test_what_was_begun_the_short_way(dsn: str, connection: asyncpg.Connection) -> None:
    """SQLAlchemy goes on in the same transaction; errors are its own; what was lost in between is not committed."""
    database = Database(dsn)
    try:
        async with database.transaction(Pool.TALK) as session:
            await session.execute(MADE)
            assert await has_begun(session)
            session.add(Module(name="French", interval_count=10))
            async with session.begin_nested() as nested:
                await session.execute(MADE)
                await nested.rollback()
            assert await session.scalar(SEEN) == 2
            assert await connection.fetchval(SEEN.text) == 0
        assert await connection.fetchval(SEEN.text) == 2
        with pytest.raises(IntegrityError) as raised:
            await _write_and(database, lambda session: session.execute(TAKEN, {"name": "Secret"}))
        assert find_taken_id(raised.value) == TakenId("modules", "id", 1)
        assert "Secret" not in str(raised.value)

        async def lose(session: AsyncSession) -> None:
            own = await session.scalar(text("select pg_backend_pid()"))
            await connection.execute("select pg_terminate_backend($1)", own)
            with suppress(DBAPIError):
                await session.execute(MADE)

        with pytest.raises(DBAPIError) as lost:
            await _write_and(database, lose)
        assert is_unavailable(lost.value)
        assert await connection.fetchval(SEEN.text) == 2
        assert database.connections(Pool.TALK)[0] == 0
        await _write_and(database, lambda session: session.execute(MADE))
        assert await connection.fetchval(SEEN.text) == 4
    finally:
        await database.close()


async def test_what_is_kept_comes_before_what_follows(dsn: str, connection: asyncpg.Connection) -> None:
    """By one statement, with the next one or with the commit; and the update is marked as one that has written."""
    part, handled = (
        "made# as (insert into modules (name, interval_count) values (:name, 10))",
        datetime.now(UTC),
    )
    database = Database(dsn)
    try:
        for pool in (Pool.TALK, Pool.JOBS):
            await connection.execute("delete from modules")
            async with database.transaction(pool) as session:
                for name in ("English", "French"):
                    await write_later(session, part, {"name": name})
                assert await has_begun(session)
                assert await session.scalar(SEEN) == 2
                await write_later(session, part, {"name": "German"})
                await mark_handled(session, 1, 1 + (pool is Pool.JOBS), handled)
                await write_later(session, part, {"name": "Greek"})
            assert await connection.fetchval(SEEN.text) == 4
        assert await connection.fetchval("select count(*) from bot.updates") == 2
        with pytest.raises(HandledElsewhereError):
            await _write_and(database, lambda session: mark_handled(session, 1, 1, handled))
        assert await connection.fetchval(SEEN.text) == 4
    finally:
        await database.close()


async def _write_and(database: Database, then: Callable[[AsyncSession], Awaitable[Any]]) -> None:
    async with database.transaction(Pool.TALK) as session:
        await session.execute(MADE)
        await then(session)


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


async def test_what_was_asked_ahead_is_for_who_asks_it_next(dsn: str) -> None:
    """And of nothing that was written meanwhile."""
    database, asked = Database(dsn), text("select cast(:one as text)")
    part = "made# as (insert into modules (name, interval_count) values (:name, 10))"
    between: list[Callable[[AsyncSession], Awaitable[Any]]] = [
        lambda session: session.execute(asked, {"one": "2"}),
        lambda session: session.execute(text("select 2")),
        lambda session: write_later(session, part, {"name": "English"}),
        lambda session: session.run_sync(lambda _: None),
    ]
    async with database.transaction(Pool.TALK) as session:
        assert isinstance(session, DirectSession)
        session.expect(asked, {"one": "1"}, "known")
        assert await session.execute(asked, {"one": "1"}) == "known"
        assert await session.scalar(asked, {"one": "1"}) == "1"
        for act in between:
            session.expect(asked, {"one": "1"}, "known")
            await act(session)
            assert await session.scalar(asked, {"one": "1"}) == "1"
    await database.close()
