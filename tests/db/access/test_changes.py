"""Access by its rule: days are added to what is open, and every change says what was before and after."""

import asyncio
from collections.abc import AsyncIterator
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


BEN, CHESS = NOW + 500 * DAY, NOW + 700 * DAY
WAITING = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"


@pytest.fixture
async def person(connection: asyncpg.Connection) -> AsyncIterator[tuple[int, int]]:
    """(user id, module id). What is done to it touches neither another's access nor the person's to another module."""
    user = "insert into users (email, created_at) values ($1, now()) returning id"
    module = "insert into modules (name, interval_count) values ($1, 4) returning id"
    access = "insert into usermoduleaccess (user_id, module_id, ends_at) values ($1, $2, $3)"
    anna, ben = [await connection.fetchval(user, email) for email in ("a@example.com", "b@example.com")]
    python, chess = [await connection.fetchval(module, name) for name in ("Python", "Chess")]
    await connection.execute(access, ben, python, BEN)
    await connection.execute(access, anna, chess, CHESS)
    yield anna, python
    others = "select ends_at from usermoduleaccess where user_id <> $1 or module_id <> $2 order by ends_at"
    assert [row[0] for row in await connection.fetch(others, anna, python)] == [BEN, CHESS]


async def until_one_waits(connection: asyncpg.Connection) -> None:
    async with asyncio.timeout(60):
        while True:
            if await connection.fetchval(WAITING):
                return
            await asyncio.sleep(0.01)


async def give(
    database: Database, person: tuple[int, int], days: int, source_id: int, now: datetime = NOW
) -> changes.AppliedChange:
    async with database.transaction(Pool.TALK) as session:
        return await changes.change_access(session, *person, days, Source.GRANT, source_id, now)


async def undo(database: Database, change_id: int, now: datetime = NOW) -> changes.AppliedChange:
    async with database.transaction(Pool.TALK) as session:
        return await changes.undo_change(session, change_id, now)


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
    ended = await give(database, person, -10, 2)
    assert (ended.before, ended.after) == (None, None)
    undone = await undo(database, changed.id)
    assert (undone.before, undone.after) == (None, None)
    assert await connection.fetchval("select count(*) from usermoduleaccess where ends_at = 'infinity'") == 1


@pytest.mark.parametrize("days", [0, 36_501, -36_501])
async def test_days_out_of_range(database: Database, person: tuple[int, int], days: int) -> None:
    with pytest.raises(AccessTooFar):
        await give(database, person, days, 1)


async def test_as_many_days_as_may_be(database: Database, person: tuple[int, int]) -> None:
    assert (await give(database, person, 36_500, 1)).after == NOW + 36_500 * DAY
    assert (await give(database, person, -36_500, 2)).after == NOW


async def test_no_access_ends_after_the_year_9000(
    database: Database, person: tuple[int, int], connection: asyncpg.Connection
) -> None:
    await connection.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at) values ($1, $2, '8990-01-01+00')", *person
    )
    with pytest.raises(AccessTooFar):
        await give(database, person, 36_500, 1)
    await connection.execute(
        "update usermoduleaccess set ends_at = '9000-12-31+00' where user_id = $1 and module_id = $2", *person
    )
    with pytest.raises(AccessTooFar):
        await give(database, person, 1, 1)
    assert await connection.fetchval("select count(*) from bot.access_changes") == 0


async def test_undo_restores_the_moment_before(database: Database, person: tuple[int, int]) -> None:
    await give(database, person, 1, 1)
    later = NOW + 30 * DAY
    change = await give(database, person, 5, 2, later)
    undone = await undo(database, change.id, later)
    assert undone.after == NOW + DAY
    for number in (change.id, 2**40):
        with pytest.raises(AlreadyUndone):
            await undo(database, number, later)


async def test_undo_takes_its_days_only_where_others_came_since(
    database: Database, person: tuple[int, int]
) -> None:
    first = await give(database, person, 5, 1)
    second = await give(database, person, 7, 2)
    await give(database, person, 30, 3)
    assert (await undo(database, first.id)).after == NOW + 37 * DAY
    assert (await undo(database, second.id)).after == NOW + 30 * DAY


async def test_what_the_other_application_writes_meanwhile_counts(
    database: Database, person: tuple[int, int], connection: asyncpg.Connection
) -> None:
    """It knows nothing of our locks; the row's own is what we have in common."""
    first = await give(database, person, 10, 1)
    ends_at = NOW + 10 * DAY
    for change in (give(database, person, 3, 2), give(database, person, -3, 3), undo(database, first.id)):
        async with connection.transaction():
            await connection.execute(
                "update usermoduleaccess set ends_at = ends_at + interval '20 days'"
                " where user_id = $1 and module_id = $2",
                *person,
            )
            changing = asyncio.create_task(change)
            await until_one_waits(connection)
        changed = await changing
        assert changed.before == ends_at + 20 * DAY
        ends_at += (20 + changed.days) * DAY
        assert changed.after == ends_at


async def test_the_first_two_at_once_know_of_each_other(
    database: Database, person: tuple[int, int], connection: asyncpg.Connection
) -> None:
    async with database.transaction(Pool.TALK) as session:
        first = await changes.change_access(session, *person, 10, Source.GRANT, 1, NOW)
        giving = asyncio.create_task(give(database, person, 5, 2))
        await until_one_waits(connection)
    second = await giving
    assert (second.before, second.after) == (first.after, NOW + 15 * DAY)


async def test_the_learner_is_told_once_and_never_of_what_is_undone(
    database: Database, person: tuple[int, int], connection: asyncpg.Connection
) -> None:
    kept, undone = await give(database, person, 10, 101), await give(database, person, 5, 102)
    await give(database, person, 2, kept.id)  # another cause by a change's number is no undoing of it

    async def tell(change_id: int) -> changes.AppliedChange | None:
        async with database.transaction(Pool.TALK) as session:
            return await changes.mark_told(session, change_id, NOW)

    async with database.transaction(Pool.TALK) as session:
        await changes.undo_change(session, undone.id, NOW)
        telling = asyncio.create_task(tell(undone.id))
        await until_one_waits(connection)
    assert await telling is None
    assert await tell(kept.id) == kept
    assert await tell(kept.id) is None
    async with database.transaction(Pool.TALK) as session:
        assert await changes.list_told(session, [kept.id, undone.id]) == {kept.id}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 500)), min_size=1, max_size=6))
async def test_days_given_are_days_owed(
    database: Database, person: tuple[int, int], connection: asyncpg.Connection, steps: list[tuple[int, int]]
) -> None:
    """A model in five lines against the statement."""
    await connection.execute("delete from bot.access_changes")
    await connection.execute("delete from usermoduleaccess where user_id = $1 and module_id = $2", *person)
    now, ends = NOW, NOW
    for number, (days, pause) in enumerate(steps, start=1):
        now += pause * DAY
        ends = max(now, ends) + days * DAY
        change = await give(database, person, days, number, now)
        assert change.after == ends
