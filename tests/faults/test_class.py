"""A class of learners over weeks: every lesson unlocks when it should, every reminder is true, at its hour, and once.

    .venv/bin/python -m pytest -m proof -s tests/faults/test_class.py

prints the table of a small class; CLASS=500x90 (learners, days) that of another one, which takes the longer the larger
it is, and says every ten days how far it is. What learners do, they do at 14 minutes to the hour, when nobody is told
anything.
"""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import asyncpg
import pytest

from bot.clock import Clock, utc_now
from bot.jobs import SCHEDULES, moving
from bot.jobs.moving import ClockMover
from bot.sandbox.app import Sandbox
from bot.timings import Timings, seconds
from db.jobs import RemindJob, TidyJob
from handlers.app import Application
from tests.app import QUICK
from tests.faults.class_truth import ACCESS, HOUR
from tests.faults.class_world import KINDS, STEP, SchoolClass

# Clocks go forward in America on 14 March, in Europe on the 28th, and back in Australia and Chile on 4 April.
WINTER, MARCH = datetime(2027, 2, 10, 0, 46, tzinfo=UTC), datetime(2027, 3, 26, 0, 46, tzinfo=UTC)
COUNTED = [
    "learners", "days", "lessons done", "lessons unlocked", *sorted(ACCESS), *sorted({*KINDS.values()} - ACCESS),
    "wrong", "at night", "twice", "two a day", "missed", "unknown", "dropped", "workers cut off", "clock jumps",
]  # fmt: skip

WANTED = re.fullmatch(r"(\d+)x(\d+)", os.environ.get("CLASS", ""))
LEARNERS, DAYS = (int(WANTED[1]), int(WANTED[2])) if WANTED else (20, 11)

pytestmark = [pytest.mark.proof, pytest.mark.errors_expected("alarms about what a kill has left unknown")]


@pytest.fixture
def timings() -> Timings:
    """Who waits for work is woken; looking for it besides would take most of the time."""
    return replace(QUICK, pace=seconds(0.001)[0], dequeue=seconds(2)[0])


@pytest.fixture
def mover(app: Application, clock: Clock, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> ClockMover:
    """Stops where somebody may be reminded. What is due more often than hourly the worker does once in a while."""
    monkeypatch.setattr(moving, "REST", 600.0)  # a large class has much to do at one hour
    hourly = {name: SCHEDULES[name] for name in (RemindJob.name, TidyJob.name)}
    return ClockMover(clock, app.database, app.worker, hourly, sandbox.yookassa.catch_up)


@pytest.fixture
async def school_class(
    app: Application, sandbox: Sandbox, clock: Clock, mover: ClockMover, sql: asyncpg.Connection,
    school_database: str, http: aiohttp.ClientSession,
) -> AsyncIterator[SchoolClass]:  # fmt: skip
    made = SchoolClass(app, sandbox, clock, mover, sql, school_database, http)
    yield made
    await made.close()


async def run(made: SchoolClass, start: datetime, learners: int, days: int) -> None:
    made.clock.move((start - utc_now()) // timedelta(seconds=1))
    await made.open(learners, days)
    steps = days * (timedelta(days=1) // STEP)
    jumps = {steps // 3: HOUR, steps // 2: -HOUR, steps * 2 // 3: -HOUR, steps * 3 // 4: HOUR}
    for step in range(steps):
        if step in jumps:
            await made.jump(jumps[step])
        await made.pass_time(cut_off=step % 9 == 5)
        if step % (steps // 3) == steps // 3 - 1:
            await made.look()
        if step % 40 == 39:
            print(f"after {(step + 1) // 4} days: {made.counts}", flush=True)


async def count(made: SchoolClass, learners: int, days: int) -> None:
    now, counts = made.clock.now(), made.counts
    for _pupil, learner, _habits in made.members:
        counts["lessons unlocked"] += sum(
            learner.is_unlocked(one.number, now) and not one.free for one in made.lessons
        )
        for end in learner.missed(now, made.jumps):
            counts["missed"] += 1
            made.faults.append(f"missed: {end} {learner}")
    rows = await made.sql.fetch(
        "select state, count(*) from bot.outbox where channel = 'telegram' group by 1"
    )
    counts |= {row["state"]: row["count"] for row in rows}
    counts |= {"learners": learners, "days": days, "clock jumps": len(made.jumps)}
    print("\n" + "\n".join(f"{name:<20}{counts[name]:>8}" for name in COUNTED))


async def test_a_class(school_class: SchoolClass) -> None:
    await run(school_class, WINTER if WANTED else MARCH, LEARNERS, DAYS)
    await count(school_class, LEARNERS, DAYS)
    counts = school_class.counts
    assert not school_class.faults, "\n\n".join(school_class.faults[:50])
    told = sum(counts[kind] for kind in {*ACCESS, *KINDS.values()})
    assert all(counts[kind] for kind in (*ACCESS, *KINDS.values(), "lessons unlocked", "workers cut off"))
    assert counts["unknown"] <= 5 * counts["workers cut off"]  # so many are sent at once
    assert counts["sent"] <= told <= counts["sent"] + counts["unknown"]
