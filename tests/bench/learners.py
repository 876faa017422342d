"""Schools of many learners, by COPY, and how long a screen takes in each: `python -m tests.bench.learners --learners
1000 100000`. The time of a screen should hardly grow with the school: at a million at most 1.3 times that at a
thousand.

All schools are there at once and are asked in turn, round by round: what else the machine does meanwhile meets all of
them. Beside the time that passed stands the one in which PostgreSQL's process was on a processor, which no neighbour
lengthens.
"""

import argparse
import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import asyncpg
from sqlalchemy import text
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
ROUNDS, TRIES = 40, 10  # of each screen in a round

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
        await connection.execute("set session_replication_role = replica")  # no checks of foreign keys
        ids = [row["id"] for row in await connection.fetch("select id from bot.lessons order by id")]
        asked = [row["id"] for row in await connection.fetch("select id from bot.questions order by id")]
        for schema, table, columns, records in _tables(learners, rows, ids, asked):
            await connection.copy_records_to_table(
                table, schema_name=schema, columns=columns.split(), records=records
            )
        await connection.execute("vacuum analyze")
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
        "answers",
        "attempt_id question_id number given is_right is_final answered_at",
        (
            (one, asked[one % len(asked)], 1, ["x"], True, True, due)
            for one in range(1, learners * ATTEMPTS + 1)
        ),
    )
    yield (
        "bot",
        "cards",
        "user_id question_id card due reviews",
        ((one, question, "{}", due, 1) for one in people for question in asked[:CARDS]),
    )


@dataclass
class School:
    """`passed` and `worked`: milliseconds of each screen's statements until they were answered, and of PostgreSQL's
    process on a processor, by screen."""

    learners: int
    database: Database
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    passed: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in SCREENS})
    worked: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in SCREENS})

    async def ask(self) -> None:
        """Each screen for TRIES people."""
        async with self.database.transaction(Pool.TALK) as session:
            backend = await session.scalar(text("select pg_backend_pid()"))
            for name, ask in SCREENS.items():
                worked = _on_processor(backend)
                for _ in range(TRIES):
                    person, began = self.chance.randint(1, self.learners), perf_counter()
                    await ask(session, person)
                    self.passed[name].append((perf_counter() - began) * 1000)
                self.worked[name].append((_on_processor(backend) - worked) / TRIES)

    def forget(self) -> None:
        for found in (*self.passed.values(), *self.worked.values()):
            found.clear()


def _on_processor(process: int) -> float:
    """Milliseconds, of a process on this machine."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e6


async def _open(stack: AsyncExitStack, learners: int, rows: int, memory: str) -> School:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="lessongate-bench-"))
    server = await stack.enter_async_context(
        EmbeddedServer(Path(folder), options=[f"shared_buffers={memory}"])
    )
    assert await migrate(server.dsn, lambda _: None)
    began = perf_counter()
    await seed(server.dsn, learners, rows)
    print(
        f"{learners} learners, {learners * rows} rows of progress: {perf_counter() - began:.0f} s", flush=True
    )
    database = Database(server.dsn, sizes=dict.fromkeys(Pool, 1))
    stack.push_async_callback(database.close)
    return School(learners, database)


async def measure(schools: list[School], rounds: int) -> None:
    for _ in range(rounds):
        for school in schools:
            await school.ask()


def _print(schools: list[School], what: str, found: Callable[[School], dict[str, list[float]]]) -> None:
    print(f"{what:<16}" + "".join(f"{school.learners:>10}" for school in schools) + "     ratio")
    for name in SCREENS:
        times = [median(found(school)[name]) for school in schools]
        print(f"{name:<16}" + "".join(f"{time:>10.3f}" for time in times) + f"{times[-1] / times[0]:>10.2f}")


async def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--learners", type=int, nargs="+", default=[1_000, 1_000_000])
    arguments.add_argument("--rows", type=int, default=10, help="of progress, for each learner")
    arguments.add_argument("--memory", default="128MB", help="PostgreSQL's shared_buffers")
    asked = arguments.parse_args()
    async with AsyncExitStack() as stack:
        schools = [await _open(stack, learners, asked.rows, asked.memory) for learners in asked.learners]
        await measure(schools, ROUNDS // 4)  # to warm up
        for school in schools:
            school.forget()
        await measure(schools, ROUNDS)
    _print(schools, "ms passed", lambda school: school.passed)
    _print(schools, "ms of processor", lambda school: school.worked)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=fast_loop()) as loop:
        loop.run(main())
