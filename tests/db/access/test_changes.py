"""Access by its rule: days are added to what is open, and every change says what was before and after."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.access import changes
from db.access.changes import Source
from db.engine import Database, Pool
from db.errors import AccessNotOwned, AccessTooFar, AlreadyUndone

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def person(connection: asyncpg.Connection) -> tuple[int, int]:
    """(user id, module id)"""
    user = await connection.fetchval(
        "insert into users (email, created_at) values ('a@example.com', now()) returning id"
    )
    module = await connection.fetchval(
        "insert into modules (name, interval_count) values ('Python', 4) returning id"
    )
    return user, module


@pytest.fixture
async def database(dsn: str) -> Database:
    return Database(dsn)


async def give(
    database: Database, person: tuple[int, int], days: int, source_id: int, now: datetime = NOW
) -> changes.AppliedChange:
    async with database.transaction(Pool.TALK) as session:
        return await changes.change_access(session, *person, days, Source.GRANT, source_id, now)


async def test_days_start_now_and_then_add_up(database: Database, person: tuple[int, int]) -> None:
    first = await give(database, person, 10, 1)
    second = await give(database, person, 5, 2, NOW + DAY)
    assert (first.before, first.after) == (None, NOW + 10 * DAY)
    assert (second.before, second.after) == (NOW + 10 * DAY, NOW + 15 * DAY)


async def test_what_has_ended_starts_again_now(database: Database, person: tuple[int, int]) -> None:
    await give(database, person, 1, 1)
    later = NOW + 30 * DAY
    again = await give(database, person, 3, 2, later)
    assert (again.before, again.after) == (NOW + DAY, later + 3 * DAY)


async def test_taking_back_has_no_floor(database: Database, person: tuple[int, int]) -> None:
    await give(database, person, 3, 1)
    taken = await give(database, person, -10, 2)
    assert taken.after == NOW - 7 * DAY


async def test_nobody_loses_what_they_never_had(database: Database, person: tuple[int, int]) -> None:
    with pytest.raises(AccessNotOwned):
        await give(database, person, -1, 1)


async def test_for_ever_stays_for_ever(
    database: Database, person: tuple[int, int], connection: asyncpg.Connection
) -> None:
    await connection.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at) values ($1, $2, 'infinity')", *person
    )
    changed = await give(database, person, 10, 1)
    assert (changed.before, changed.after) == (None, None)
    assert await connection.fetchval("select ends_at = 'infinity' from usermoduleaccess")


@pytest.mark.parametrize("days", [0, 36_501, -36_501])
async def test_days_out_of_range(database: Database, person: tuple[int, int], days: int) -> None:
    with pytest.raises(AccessTooFar):
        await give(database, person, days, 1)


async def test_no_access_ends_after_the_year_9000(
    database: Database, person: tuple[int, int], connection: asyncpg.Connection
) -> None:
    await connection.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at) values ($1, $2, '8990-01-01+00')", *person
    )
    with pytest.raises(AccessTooFar):
        await give(database, person, 36_500, 1)
    assert await connection.fetchval("select count(*) from bot.access_changes") == 0


async def test_undo_restores_the_moment_before(database: Database, person: tuple[int, int]) -> None:
    await give(database, person, 1, 1)
    later = NOW + 30 * DAY
    change = await give(database, person, 5, 2, later)
    async with database.transaction(Pool.TALK) as session:
        undone = await changes.undo_change(session, change.id, later)
    assert undone.after == NOW + DAY
    with pytest.raises(AlreadyUndone):
        async with database.transaction(Pool.TALK) as session:
            await changes.undo_change(session, change.id, later)


async def test_undo_takes_its_days_only_where_others_came_since(
    database: Database, person: tuple[int, int]
) -> None:
    change = await give(database, person, 5, 1)
    await give(database, person, 30, 2)
    async with database.transaction(Pool.TALK) as session:
        undone = await changes.undo_change(session, change.id, NOW)
    assert undone.after == NOW + 30 * DAY


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 500)), min_size=1, max_size=6))
async def test_days_given_are_days_owed(
    database: Database, person: tuple[int, int], connection: asyncpg.Connection, steps: list[tuple[int, int]]
) -> None:
    """A model in five lines against the statement."""
    await connection.execute("truncate usermoduleaccess, bot.access_changes cascade")
    now, ends = NOW, NOW
    for number, (days, pause) in enumerate(steps, start=1):
        now += pause * DAY
        ends = max(now, ends) + days * DAY
        change = await give(database, person, days, number, now)
        assert change.after == ends
