"""A class of learners over weeks: every lesson unlocks when it should, every reminder is true, at its hour, and once.

    .venv/bin/python -m pytest -m proof -s tests/faults/test_class.py

prints the table of a small class; with CLASS=whole also that of 500 learners over 90 days, which takes an hour or
more. What learners do, they do at 14 minutes to the hour, when nobody is told anything.
"""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import asyncpg
import pytest

from bot.clock import Clock, utc_now
from bot.jobs.moving import ClockMover
from bot.sandbox.app import Sandbox
from bot.timings import Timings, seconds
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

WHOLE = pytest.mark.skipif(os.environ.get("CLASS") != "whole", reason="takes an hour: CLASS=whole")

pytestmark = [pytest.mark.proof, pytest.mark.errors_expected("alarms about what a kill has left unknown")]


@pytest.fixture
def timings() -> Timings:
    return replace(QUICK, pace=seconds(0.001)[0])


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


@pytest.mark.parametrize(
    ("start", "learners", "days"),
    [(MARCH, 20, 11), pytest.param(WINTER, 500, 90, marks=WHOLE)],
    ids=["small", "whole"],
)
async def test_a_class(school_class: SchoolClass, start: datetime, learners: int, days: int) -> None:
    await run(school_class, start, learners, days)
    await count(school_class, learners, days)
    counts = school_class.counts
    assert not school_class.faults, "\n".join(school_class.faults[:5])
    told = sum(counts[kind] for kind in {*ACCESS, *KINDS.values()})
    assert all(counts[kind] for kind in (*ACCESS, *KINDS.values(), "lessons unlocked", "workers cut off"))
    assert counts["unknown"] <= 5 * counts["workers cut off"]  # so many are sent at once
    assert counts["sent"] <= told <= counts["sent"] + counts["unknown"]
