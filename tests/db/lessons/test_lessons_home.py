"""The courses of home, and the free lesson."""

from datetime import timedelta

import asyncpg

from db.engine import Database, Pool
from db.lessons import home, lessons, progress
from tests.db.lessons.school import NOW, finish, give, number


async def courses(database: Database) -> list[home.Course]:
    async with database.transaction(Pool.TALK) as session:
        return (await home.get_learning(session, 1, NOW)).courses


async def test_courses_of_home_stand_in_the_order_of_their_ends(
    database: Database, connection: asyncpg.Connection
) -> None:
    assert await courses(database) == []
    await give(connection, "Alpha", NOW + timedelta(days=9))
    await give(connection, "Beta", NOW + timedelta(days=3))
    await give(connection, "Gamma", NOW - timedelta(days=3))
    await give(connection, "Alpha", NOW + timedelta(days=1), user=2)
    await finish(database, await number(connection, "A1"))
    beta, alpha, gamma = await courses(database)
    assert (beta.module, alpha.module, gamma.module) == ("Beta", "Alpha", "Gamma")
    assert alpha.following is not None
    assert (alpha.following.number, alpha.following.title) == (2, "A2")
    assert alpha.progress == progress.Progress(3, 1, 2)
    assert (gamma.is_open, gamma.following) == (False, None)


async def test_what_ends_never_stands_last_of_what_is_open(
    database: Database, connection: asyncpg.Connection
) -> None:
    await connection.execute(
        "INSERT INTO usermoduleaccess (user_id, module_id, ends_at)"
        " SELECT 1, id, CASE name WHEN 'Alpha' THEN 'infinity'::timestamptz WHEN 'Beta' THEN '-infinity' ELSE $1 END"
        " FROM modules",
        NOW + timedelta(days=1),
    )
    assert [(one.module, one.is_open, one.ends_at) for one in await courses(database)][:2] == [
        ("Gamma", True, NOW + timedelta(days=1)),
        ("Alpha", True, None),
    ]


async def test_the_free_lesson_is_the_first_that_is_not_done(
    database: Database, connection: asyncpg.Connection
) -> None:
    async with database.transaction(Pool.TALK) as session:
        found = await home.get_free_lesson(session)
        assert found is not None
        assert (found.number, found.title) == (1, "A1")
        page = await lessons.get_lesson(session, found.id, 1, NOW)
        await lessons.record_finished(session, 1, page, NOW)
        assert await home.get_free_lesson(session, 1) is None
        assert await home.get_free_lesson(session, 2, last=found.module_id) == found
        assert await home.get_free_lesson(session, None, module_id=10**9) is None
