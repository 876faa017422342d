"""A small school, and what its tests ask of the database."""

from datetime import UTC, datetime, timedelta

import asyncpg

from db.engine import Database, Pool
from db.lessons import lessons, progress

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)

SCHOOL = """
modules = [
  {key = "a", name = "Alpha", lessons = [
    {key = "1", title = "A1", text = "one", preview = true},
    {key = "2", title = "A2", text = "two"},
    {key = "3", title = "A3", text = "three"},
  ]},
  {key = "b", name = "Beta", lessons = [{key = "1", title = "B1", text = "one"}]},
  {key = "c", name = "Gamma"},
]
results = [
  {key = "bad", name = "Bad", passed = false},
  {key = "good", name = "Good", passed = true},
  {key = "great", name = "Great", passed = true},
]
"""


async def give(connection: asyncpg.Connection, module: str, ends_at: datetime, user: int = 1) -> None:
    await connection.execute(
        "INSERT INTO usermoduleaccess (user_id, module_id, ends_at)"
        " SELECT $1, id, $3 FROM modules WHERE name = $2",
        user,
        module,
        ends_at,
    )


async def number(connection: asyncpg.Connection, title: str) -> int:
    return int(await connection.fetchval("SELECT id FROM bot.lessons WHERE title = $1", title))


async def finish(
    database: Database, lesson: int, user: int = 1, now: datetime = NOW
) -> lessons.FinishedLesson:
    async with database.transaction(Pool.TALK) as session:
        found = await lessons.get_lesson(session, lesson, user, now)
        return await lessons.record_finished(session, user, found, now)


async def page(
    database: Database, lesson: int, user: int | None = 1, now: datetime = NOW
) -> lessons.LessonPage:
    async with database.transaction(Pool.TALK) as session:
        return await lessons.get_lesson(session, lesson, user, now)


async def how_far(database: Database, user: int = 1) -> list[tuple[str, int, int, bool]]:
    async with database.transaction(Pool.TALK) as session:
        found = await progress.list_progress(session, user, NOW)
    return [(one.module, one.progress.done, one.progress.count, one.is_open) for one in found]


async def rows(connection: asyncpg.Connection) -> list[tuple[int, int, int]]:
    found = await connection.fetch("SELECT user_id, lesson_id, result_id FROM progress ORDER BY id")
    return [(row[0], row[1], row[2]) for row in found]
