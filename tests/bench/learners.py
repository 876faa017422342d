"""A school of many learners, by COPY, and how long a screen takes in it: `python -m tests.bench.learners --learners
1000 100000`. The time of a screen should hardly grow with the school: at a million at most 1.3 times that at a
thousand.
"""

import argparse
import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from bot.catalogue import reading
from db.catalogue.loading import load_catalogue
from db.dsn import asyncpg_arguments
from db.engine import Database, Pool
from db.lessons import days, lessons, progress, sittings
from db.lessons.home import get_learning
from db.postgres.server import EmbeddedServer
from db.schema.migrate import migrate
from handlers.app import fast_loop
from handlers.demo import SCHOOL

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ENDS = NOW + timedelta(days=30)
MODULES = (1, 2, 3)  # of the demo's school
ATTEMPTS, CARDS = 2, 3  # of each learner
TRIES = 400

Ask = Callable[[AsyncSession, int], Awaitable[object]]
SCREENS: dict[str, Ask] = {
    "home": lambda session, person: get_learning(session, person, NOW),
    "contents": lambda session, person: lessons.get_contents(session, 1, person, NOW),
    "lesson": lambda session, person: lessons.get_lesson(session, 3, person, NOW),
    "progress": lambda session, person: progress.list_progress(session, person, NOW),
    "days": lambda session, person: days.get_learning_days(session, person, NOW, UTC),
    "review": lambda session, person: sittings.get_due(session, person, NOW),
}


async def seed(dsn: str, learners: int, rows: int) -> None:
    """The demo's school with that many people, each with access to its courses and `rows` of progress."""
    database = Database(dsn, sizes=dict.fromkeys(Pool, 1))
    async with database.transaction(Pool.JOBS) as session:
        await load_catalogue(session, reading.read(SCHOOL))
    await database.close()
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    try:
        ids = [row["id"] for row in await connection.fetch("select id from bot.lessons order by id")]
        asked = [row["id"] for row in await connection.fetch("select id from bot.questions order by id")]
        for schema, table, columns, records in _tables(learners, rows, ids, asked):
            await connection.copy_records_to_table(
                table, schema_name=schema, columns=columns.split(), records=records
            )
        await connection.execute("analyze")
    finally:
        await connection.close()


def _tables(
    learners: int, rows: int, ids: list[int], asked: list[int]
) -> Iterator[tuple[str, str, str, Iterator[tuple[Any, ...]]]]:
    people = range(1, learners + 1)
    yield "public", "users", "id email created_at", ((one, f"l{one}@example.com", NOW) for one in people)
    yield (
        "public",
        "usermoduleaccess",
        "user_id module_id ends_at",
        ((one, module, ENDS) for one in people for module in MODULES),
    )
    yield (
        "public",
        "progress",
        "user_id lesson_id result_id",
        ((one, ids[(one + number) % len(ids)], 1) for one in people for number in range(rows)),
    )
    due = NOW - timedelta(days=1)
    yield (
        "bot",
        "attempts",
        "user_id lesson_id seed started_at finished_at result_id",
        ((one, ids[number], 1, due, due, 1) for one in people for number in range(ATTEMPTS)),
    )
    yield (
        "bot",
        "cards",
        "user_id question_id card due reviews",
        ((one, question, "{}", due, 1) for one in people for question in asked[:CARDS]),
    )


async def measure(dsn: str, learners: int, tries: int = TRIES) -> dict[str, float]:
    """Milliseconds of each screen's statements, the median of as many learners as there are tries."""
    database = Database(dsn, sizes=dict.fromkeys(Pool, 1))
    chance = random.Random(1)
    taken: dict[str, list[float]] = {name: [] for name in SCREENS}
    try:
        for _ in range(tries):
            person = chance.randint(1, learners)
            async with database.transaction(Pool.TALK) as session:
                for name, ask in SCREENS.items():
                    began = perf_counter()
                    await ask(session, person)
                    taken[name].append((perf_counter() - began) * 1000)
    finally:
        await database.close()
    return {name: median(times) for name, times in taken.items()}


async def _school(learners: int, rows: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="lessongate-bench-") as folder:
        async with EmbeddedServer(Path(folder)) as server:
            assert await migrate(server.dsn, lambda _: None)
            began = perf_counter()
            await seed(server.dsn, learners, rows)
            print(f"{learners} learners, {learners * rows} rows of progress: {perf_counter() - began:.0f} s")
            await measure(server.dsn, learners, 50)
            found = await measure(server.dsn, learners)
            print({name: round(time, 2) for name, time in found.items()}, flush=True)
            return found


async def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--learners", type=int, nargs="+", default=[1_000, 1_000_000])
    arguments.add_argument("--rows", type=int, default=10, help="of progress, for each learner")
    asked = arguments.parse_args()
    found = [await _school(learners, asked.rows) for learners in asked.learners]
    print(f"{'ms':<10}" + "".join(f"{learners:>10}" for learners in asked.learners) + "     ratio")
    for name in found[0]:
        times = [one[name] for one in found]
        print(f"{name:<10}" + "".join(f"{time:>10.2f}" for time in times) + f"{times[-1] / times[0]:>10.2f}")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=fast_loop()) as loop:
        loop.run(main())
