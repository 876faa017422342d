"""Lessons and progress: who may take what, and one row for each lesson done."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from bot.catalogue.reading import parse
from db.catalogue import loading
from db.engine import Database, Pool
from db.errors import LessonLocked, LessonUnknown
from db.lessons import lessons, progress
from tests.db.lessons.school import NOW, SCHOOL, SOON, finish, give, how_far, number, page, rows


async def test_modules_show_what_is_open_and_done(database: Database, connection: asyncpg.Connection) -> None:
    await give(connection, "Alpha", SOON)
    await finish(database, await number(connection, "A2"))
    async with database.transaction(Pool.TALK) as session:
        mine = await lessons.list_modules(session, 1, NOW)
        nobodys = await lessons.list_modules(session, None, NOW)
    shown = [(one.name, one.is_open, one.progress.count, one.progress.done, one.previews) for one in mine]
    assert shown == [
        ("Alpha", True, 3, 1, 1),
        ("Beta", False, 1, 0, 0),
    ]
    assert [(one.name, one.is_open, one.progress.done) for one in nobodys] == [
        ("Alpha", False, 0),
        ("Beta", False, 0),
    ]


async def test_contents(database: Database, connection: asyncpg.Connection) -> None:
    await give(connection, "Alpha", SOON)
    await finish(database, await number(connection, "A1"))
    module = await connection.fetchval("SELECT id FROM modules WHERE name = 'Alpha'")
    async with database.transaction(Pool.TALK) as session:
        found = await lessons.get_contents(session, module, 1, NOW)
        ended = await lessons.get_contents(session, module, 1, SOON)
        bens = await lessons.get_contents(session, module, 2, NOW)
        absent = await lessons.get_contents(session, 10**18, 1, NOW)
    assert found is not None
    assert (found.is_open, found.ends_at) == (True, SOON)
    assert [(line.number, line.title, line.preview, line.done) for line in found.lessons] == [
        (1, "A1", True, True),
        (2, "A2", False, False),
        (3, "A3", False, False),
    ]
    assert ended is not None
    assert (ended.is_open, ended.has_ended) == (False, True)
    assert bens is not None
    assert (bens.is_open, bens.has_ended) == (False, False)
    assert not any(line.done for line in bens.lessons)
    assert absent is None


async def test_a_module_without_lessons_has_empty_contents(
    database: Database, connection: asyncpg.Connection
) -> None:
    module = await connection.fetchval("SELECT id FROM modules WHERE name = 'Gamma'")
    async with database.transaction(Pool.TALK) as session:
        found = await lessons.get_contents(session, module, 1, NOW)
    assert found is not None
    assert found.lessons == ()


async def test_neighbours_skip_what_was_withdrawn(database: Database, connection: asyncpg.Connection) -> None:
    first, second, third = [await number(connection, title) for title in ("A1", "A2", "A3")]
    middle = await page(database, second)
    assert (middle.number, middle.count, middle.previous, middle.following) == (2, 3, first, third)
    await connection.execute("UPDATE bot.lessons SET active = false WHERE id = $1", second)
    last = await page(database, third)
    assert (last.number, last.count, last.previous, last.following) == (2, 2, first, None)
    with pytest.raises(LessonUnknown):
        await page(database, second)


async def test_access_opens_until_its_moment(database: Database, connection: asyncpg.Connection) -> None:
    locked = await number(connection, "A2")
    assert not (await page(database, locked)).is_open
    await give(connection, "Alpha", SOON)
    assert (await page(database, locked)).is_open
    assert not (await page(database, locked, now=SOON)).is_open
    assert not (await page(database, locked, user=2)).is_open


async def test_infinity_is_open(database: Database, connection: asyncpg.Connection) -> None:
    await connection.execute(
        "INSERT INTO usermoduleaccess (user_id, module_id, ends_at)"
        " SELECT 1, id, 'infinity' FROM modules WHERE name = 'Beta'"
    )
    assert (await page(database, await number(connection, "B1"))).is_open


async def test_previews_are_open_for_everyone(database: Database, connection: asyncpg.Connection) -> None:
    preview = await number(connection, "A1")
    assert (await page(database, preview, user=None)).is_open
    await finish(database, preview, user=2)
    assert len(await rows(connection)) == 1


async def test_a_locked_lesson_cannot_be_finished(database: Database, connection: asyncpg.Connection) -> None:
    await give(connection, "Alpha", SOON)
    lesson = await number(connection, "A2")
    with pytest.raises(LessonLocked):
        await finish(database, lesson, now=SOON)
    with pytest.raises(LessonUnknown):
        await finish(database, 10**18)
    assert await rows(connection) == []


async def test_done_writes_the_first_passing_result_once(
    database: Database, connection: asyncpg.Connection
) -> None:
    await give(connection, "Alpha", SOON)
    lesson = await number(connection, "A2")
    good = await connection.fetchval("SELECT id FROM bot.results WHERE key = 'good'")
    assert (await finish(database, lesson)).progress.left == 2
    assert (await finish(database, lesson)).progress.left == 2
    assert await rows(connection) == [(1, lesson, good)]
    assert (await page(database, lesson)).done


async def test_pressed_many_times_at_once_writes_one_row(
    database: Database, connection: asyncpg.Connection
) -> None:
    await give(connection, "Alpha", SOON)
    lesson = await number(connection, "A2")
    await asyncio.gather(*(finish(database, lesson) for _ in range(8)))
    assert len(await rows(connection)) == 1


async def test_a_failed_attempt_does_not_make_it_done(
    database: Database, connection: asyncpg.Connection
) -> None:
    await give(connection, "Alpha", SOON)
    lesson = await number(connection, "A2")
    await connection.execute(
        "INSERT INTO progress (user_id, lesson_id, result_id) SELECT 1, $1, id FROM bot.results WHERE key = 'bad'",
        lesson,
    )
    assert not (await page(database, lesson)).done
    await finish(database, lesson)
    assert len(await rows(connection)) == 2
    assert (await page(database, lesson)).done


async def test_progress_of_modules_had_or_begun(database: Database, connection: asyncpg.Connection) -> None:
    assert await how_far(database) == []
    await finish(database, await number(connection, "A1"))
    await give(connection, "Beta", NOW - timedelta(days=1))
    await give(connection, "Gamma", SOON)
    assert await how_far(database) == [("Alpha", 1, 3, False), ("Beta", 0, 1, False), ("Gamma", 0, 0, True)]
    assert await how_far(database, user=2) == []


async def test_progress_goes_on_with_the_first_lesson_not_done(
    database: Database, connection: asyncpg.Connection
) -> None:
    await give(connection, "Alpha", SOON)
    await finish(database, await number(connection, "A1"))
    await finish(database, await number(connection, "A3"))
    async with database.transaction(Pool.TALK) as session:
        assert (await progress.list_progress(session, 1, NOW))[0].following == await number(connection, "A2")
    await finish(database, await number(connection, "A2"))
    async with database.transaction(Pool.TALK) as session:
        one = (await progress.list_progress(session, 1, NOW))[0]
    assert (one.following, one.progress.share, one.progress.finished) == (None, 1.0, True)


@pytest.mark.parametrize(
    ("agreed", "mine", "count", "done"),
    [
        (12, False, 12, 3),
        (2, False, 2, 2),
        (3, False, 3, 3),
        (0, False, 3, 3),
        (12, True, 3, 3),
        (2, True, 3, 3),
    ],
)
async def test_all_is_what_was_agreed_or_else_the_lessons(
    database: Database, connection: asyncpg.Connection, agreed: int, mine: bool, count: int, done: int
) -> None:
    await give(connection, "Alpha", SOON)
    await connection.execute("UPDATE modules SET interval_count = $1 WHERE name = 'Alpha'", agreed)
    await connection.execute("UPDATE bot.catalogue_keys SET adopted = $1", not mine)
    for title in ("A1", "A2", "A3"):
        last = await finish(database, await number(connection, title))
    async with database.transaction(Pool.TALK) as session:
        shelf = (await lessons.list_modules(session, 1, NOW))[0]
        contents = await lessons.get_contents(session, shelf.id, 1, NOW)
        listed = (await progress.list_progress(session, 1, NOW))[0]
    assert contents is not None
    assert last.progress == shelf.progress == contents.progress == listed.progress
    assert last.progress == progress.Progress(count, done, 0)
    assert last.progress.finished


async def test_a_module_outside_the_catalogue_has_what_was_agreed(
    database: Database, connection: asyncpg.Connection
) -> None:
    await connection.execute("INSERT INTO modules (name, interval_count) VALUES ('Omega', 7)")
    await give(connection, "Omega", SOON)
    assert await how_far(database) == [("Omega", 0, 7, True)]


async def test_a_module_is_adopted_by_its_id(database: Database, connection: asyncpg.Connection) -> None:
    theirs = await connection.fetchval(
        "INSERT INTO modules (name, interval_count) VALUES ('Theirs', 12) RETURNING id"
    )
    source = SCHOOL.replace("modules = [", f'modules = [{{key = "t", id = {theirs}, name = "Theirs"}},')
    async with database.transaction(Pool.JOBS) as session:
        await loading.load_catalogue(session, parse(source))
    adopted = await connection.fetch("SELECT key FROM bot.catalogue_keys WHERE adopted")
    assert [row["key"] for row in adopted] == ["t"]


async def test_rows_of_the_other_application_are_left_alone(
    database: Database, connection: asyncpg.Connection
) -> None:
    await connection.execute(
        "INSERT INTO progress (user_id, lesson_id, result_id) VALUES (1, 999, 1), (1, $1, 999)",
        await number(connection, "B1"),
    )
    assert await how_far(database) == [("Beta", 0, 1, False)]
    assert not (await page(database, await number(connection, "B1"))).done
