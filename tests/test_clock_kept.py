"""How far the clock was moved is kept, together with the queue, whatever ends the process."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.exc import IntegrityError

from bot.clock import Clock
from bot.jobs.moving import ClockMover
from handlers.app import Application
from tests.app import settings_for
from tests.test_clock import DAY, worker_of


class CutClock(Clock):
    """As if the process were killed before it was written how far the clock is."""

    def keep(self) -> None:
        raise KeyboardInterrupt


async def test_killed_in_the_middle_of_a_leap_clock_and_queue_stay_together(dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "clock"
    async with worker_of(dsn, CutClock(file), {}, {}) as (mover, _):
        with pytest.raises(KeyboardInterrupt):
            await mover.advance(DAY)
    clock = Clock(file)
    app = Application(settings_for("http://127.0.0.1:9"), dsn, clock=clock)
    await ClockMover(clock, app.database, app.worker, {}).restore()
    assert clock.ahead == Clock(file).ahead == DAY
    await app.close()


async def test_a_leap_that_the_database_refuses_moves_nothing(
    dsn: str, connection: asyncpg.Connection
) -> None:
    clock = Clock()
    async with worker_of(dsn, clock, {}, {}) as (mover, _):
        await connection.execute("alter table bot.cursors add check (name <> 'clock')")
        with pytest.raises(IntegrityError):
            await mover.advance(DAY)
        assert clock.ahead == timedelta()


def test_how_far_it_was_moved_is_kept(tmp_path: Path) -> None:
    for seconds_ in (86_400, 1):
        moved = Clock(tmp_path / "clock")
        moved.move(seconds_)
        moved.keep()
    kept = Clock(tmp_path / "clock")
    assert kept.ahead == DAY + timedelta(seconds=1)
    assert kept.now() > datetime.now(UTC) + DAY
