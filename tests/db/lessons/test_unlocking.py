"""When lessons unlock: in order, by days of open access, by a moment; for one person; and what never locks again."""

from datetime import datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import text

from bot.catalogue.reading import parse
from db.access.changes import Source, change_access
from db.catalogue import loading
from db.engine import Database, Pool
from db.lessons import home, unlocking
from db.lessons.lessons import get_contents
from db.lessons.unlocking import LessonWaits, Lock
from tests.db.lessons.school import NOW, finish, give, number, page

DAY = timedelta(days=1)
COURSE = """
[[modules]]
key = "drip"
name = "Drip"
{module}
[[modules.lessons]]
key = "1"
title = "D1"
text = "one"
[[modules.lessons]]
key = "2"
title = "D2"
text = "two"
{second}
[[modules.lessons]]
key = "3"
title = "D3"
text = "three"
{third}
"""


async def load(database: Database, module: str = "", second: str = "", third: str = "") -> None:
    async with database.transaction(Pool.JOBS) as session:
        await loading.load_catalogue(session, parse(COURSE.format(module=module, second=second, third=third)))


async def change(database: Database, days: int, now: datetime, source_id: int) -> None:
    async with database.transaction(Pool.TALK) as session:
        module = await session.scalar(text("select id from modules where name = 'Drip'"))
        await change_access(session, 1, module or 0, days, Source.GRANT, source_id, now)


async def locks(database: Database, connection: asyncpg.Connection, now: datetime = NOW) -> list[Lock | None]:
    module = await connection.fetchval("SELECT id FROM modules WHERE name = 'Drip'")
    async with database.transaction(Pool.TALK) as session:
        found = await get_contents(session, module, 1, now)
    assert found is not None
    return [line.lock for line in found.lessons]


async def sees(database: Database, now: datetime) -> None:
    async with database.transaction(Pool.TALK) as session:
        await unlocking.record_seen_access(session, [1, 2], now)


async def test_in_order_each_lesson_waits_for_the_one_before(
    database: Database, connection: asyncpg.Connection
) -> None:
    await load(database, "unlock_in_order = true")
    await change(database, 30, NOW, 1)
    first, second = await number(connection, "D1"), await number(connection, "D2")
    assert await locks(database, connection) == [None, Lock(1, None), Lock(2, None)]
    assert not (await page(database, second)).is_open
    with pytest.raises(LessonWaits):
        await finish(database, second)
    await finish(database, first)
    assert await locks(database, connection) == [None, None, Lock(2, None)]
    assert (await page(database, second)).is_open


async def test_days_count_while_access_is_open_only(
    database: Database, connection: asyncpg.Connection
) -> None:
    """Ten days are open, ten are a gap, and then it is open again."""
    await load(database, second="unlock_days = 5", third="unlock_days = 12")
    await change(database, 10, NOW, 1)
    assert await locks(database, connection) == [
        None, Lock(None, NOW + 5 * DAY), Lock(None, NOW + 12 * DAY, too_late=True)
    ]  # fmt: skip
    assert await locks(database, connection, NOW + 5 * DAY) == [
        None, None, Lock(None, NOW + 12 * DAY, too_late=True)
    ]  # fmt: skip
    again = NOW + 20 * DAY
    await change(database, 30, again, 2)
    assert await locks(database, connection, again) == [None, None, Lock(None, again + 2 * DAY)]
    assert await locks(database, connection, again + DAY) == [None, None, Lock(None, again + 2 * DAY)]
    assert await locks(database, connection, again + 2 * DAY) == [None, None, None]


async def test_days_taken_away_were_not_open(database: Database, connection: asyncpg.Connection) -> None:
    await load(database, third="unlock_days = 12")
    await change(database, 30, NOW, 1)
    await change(database, -30, NOW + 2 * DAY, 2)
    await change(database, 30, NOW + 10 * DAY, 3)
    assert (await locks(database, connection, NOW + 10 * DAY))[2] == Lock(None, NOW + 20 * DAY)


async def test_a_renewal_goes_on_counting(database: Database, connection: asyncpg.Connection) -> None:
    await load(database, third="unlock_days = 12")
    await change(database, 10, NOW, 1)
    await change(database, 10, NOW + 4 * DAY, 2)
    assert (await locks(database, connection, NOW + 5 * DAY))[2] == Lock(None, NOW + 12 * DAY)


async def test_access_of_others_counts_from_when_it_was_first_seen(
    database: Database, connection: asyncpg.Connection
) -> None:
    await load(database, third="unlock_days = 5")
    await give(connection, "Drip", NOW + 30 * DAY)
    assert (await locks(database, connection, NOW))[2] == Lock(None, NOW + 5 * DAY)
    await sees(database, NOW + DAY)
    await sees(database, NOW + 2 * DAY)
    assert await connection.fetchval("SELECT count(*) FROM bot.seen_access") == 1
    assert (await locks(database, connection, NOW + 3 * DAY))[2] == Lock(None, NOW + 6 * DAY)
    await connection.execute("UPDATE usermoduleaccess SET ends_at = 'infinity'")
    await sees(database, NOW + 4 * DAY)
    assert (await locks(database, connection, NOW + 6 * DAY))[2] is None


async def test_what_somebody_else_has_closed_stops_the_count(
    database: Database, connection: asyncpg.Connection
) -> None:
    await load(database, third="unlock_days = 12")
    await change(database, 30, NOW, 1)
    await connection.execute("UPDATE usermoduleaccess SET ends_at = $1", NOW + 2 * DAY)
    await change(database, 30, NOW + 10 * DAY, 2)
    assert (await locks(database, connection, NOW + 10 * DAY))[2] == Lock(None, NOW + 20 * DAY)


@pytest.mark.parametrize("end", ["-infinity", "infinity"])
async def test_ends_that_are_no_moments(database: Database, connection: asyncpg.Connection, end: str) -> None:
    await load(database, third="unlock_days = 5")
    await give(connection, "Drip", NOW)
    await sees(database, NOW - DAY)
    await connection.execute(f"UPDATE usermoduleaccess SET ends_at = '{end}'")
    assert len(await locks(database, connection, NOW)) == 3


async def test_from_a_moment_on(database: Database, connection: asyncpg.Connection) -> None:
    await load(database, "unlock_at = 2026-03-05T10:00:00+03:00", second="unlock_at = 2026-03-01T00:00:00Z")
    await give(connection, "Drip", NOW + 30 * DAY)
    at = datetime.fromisoformat("2026-03-05T10:00:00+03:00")
    assert await locks(database, connection) == [Lock(None, at), None, Lock(None, at)]
    assert await locks(database, connection, at) == [None, None, None]


async def test_what_is_done_never_locks_again(database: Database, connection: asyncpg.Connection) -> None:
    await load(database)
    await give(connection, "Drip", NOW + 30 * DAY)
    await finish(database, await number(connection, "D3"))
    await load(database, "unlock_days = 20\nunlock_in_order = true")
    found = await locks(database, connection)
    assert found[2] is None
    assert found[0] is not None
    assert (await page(database, await number(connection, "D3"))).is_open


async def test_unlocked_for_one_person(database: Database, connection: asyncpg.Connection) -> None:
    await load(database, "unlock_days = 20")
    for user in (1, 2):
        await give(connection, "Drip", NOW + 30 * DAY, user)
    second = await number(connection, "D2")
    async with database.transaction(Pool.TALK) as session:
        assert await unlocking.unlock_lesson(session, 1, second, 7, NOW)
        assert not await unlocking.unlock_lesson(session, 1, second, 7, NOW)
        waiting = await unlocking.list_waiting(session, 1, NOW, 10)
    assert [one.title for one in waiting] == ["D1", "D3"]
    assert (await page(database, second)).is_open
    assert not (await page(database, second, 2)).is_open


async def test_home_goes_on_with_what_is_unlocked(database: Database, connection: asyncpg.Connection) -> None:
    await load(database, second="unlock_days = 5")
    await give(connection, "Drip", NOW + 30 * DAY)
    await sees(database, NOW)
    await finish(database, await number(connection, "D1"))
    async with database.transaction(Pool.TALK) as session:
        (course,) = (await home.get_learning(session, 1, NOW)).courses
    assert course.following is not None
    assert (course.following.title, course.coming) == ("D3", None)
    await finish(database, await number(connection, "D3"))
    async with database.transaction(Pool.TALK) as session:
        (course,) = (await home.get_learning(session, 1, NOW)).courses
        (later,) = (await home.get_learning(session, 1, NOW + 5 * DAY)).courses
    assert (course.following, course.coming) == (None, NOW + 5 * DAY)
    assert later.following is not None


async def test_without_access_nothing_waits(database: Database, connection: asyncpg.Connection) -> None:
    await load(database, "unlock_in_order = true\nunlock_days = 3")
    assert await locks(database, connection) == [None, None, None]
    locked = await page(database, await number(connection, "D1"), None)
    assert (locked.is_open, locked.lock) == (False, None)
