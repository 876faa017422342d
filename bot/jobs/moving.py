"""Moves the clock of a running application ahead, with everything that falls due on the way: for the demo and tests.

pgqueuer asks the database's clock what is due. So time passes by leaps, from one due moment to the next: the clock goes
ahead and what is queued comes nearer by as much; then the worker comes to rest, and the world outside with it.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from bot.clock import Clock
from bot.jobs.cron import next_moment
from bot.jobs.worker import Worker, schedule_of
from db.engine import Database, Pool
from db.queue import QueueRest, get_ahead, get_rest, move_nearer

# A schedule due more often than hourly would run half a million times in a year. It runs as after an outage, once for
# all it has missed: at most so many times in one move, at most hourly, and at the move's end. All others, and jobs, are
# met at each of their moments.
PARTS = 100
OFTEN = timedelta(hours=1)
# So many times; then jobs, which may be put off for ever, are met no more often than those schedules.
LEAPS = 2000
REST = 60.0  # seconds of the machine's within which jobs must come to rest
GLANCE = 0.02  # seconds; the queue is a table, which tells of no rest

World = Callable[[], Awaitable[bool]]


class NotAtRestError(Exception):
    """Jobs did not come to an end: the clock has stopped on the way."""


async def _still() -> bool:
    return False


class ClockMover:
    """One worker, in this process. `world`: does what has fallen due outside; whether there was anything. `parts`: how
    often the most frequent schedules run in one move, at most."""

    def __init__(
        self,
        clock: Clock,
        database: Database,
        worker: Worker,
        schedules: Mapping[str, str],
        world: World = _still,
        parts: int = PARTS,
    ) -> None:
        self._clock = clock
        self._database = database
        self._worker = worker
        self._schedules = {schedule_of(name) for name in schedules}
        self._frequent = {schedule_of(name) for name, cron in schedules.items() if _is_frequent(cron)}
        self._world = world
        self._parts = parts

    async def advance(self, duration: timedelta) -> None:
        """Raises NotAtRestError, WorkerAwayError."""
        await self.restore()
        start = self._clock.now()
        target, pause = start + duration, max(duration / self._parts, OFTEN)
        await self._worker.prepare_schedules()
        held = dict.fromkeys(self._frequent, start + pause)  # not before
        rest, leaps = await self._come_to_rest(), 0
        while (now := self._clock.now()) < target:
            due = {name: max(now + rest.schedules[name], held.get(name, now)) for name in self._known(rest)}
            job = rest.next_job if leaps < LEAPS else pause
            moment = min([target, *due.values(), *([] if job is None else [now + job])])
            await self._leap(moment - now)
            leaps += 1
            names = {name for name, at in due.items() if at <= moment or moment == target}
            await self._worker.run_due(names)
            held |= dict.fromkeys(names & self._frequent, moment + pause)
            rest = await self._come_to_rest()

    def _known(self, rest: QueueRest) -> set[str]:
        """Rows of other releases stay in the table."""
        return self._schedules & rest.schedules.keys()

    async def _leap(self, duration: timedelta) -> None:
        """Clock and queue together, or neither: how far the clock is ahead is committed with the queue."""
        seconds = max(1, math.ceil(duration.total_seconds()))
        async with self._worker.clock_stands:
            self._clock.move(seconds)
            try:
                async with self._database.transaction(Pool.JOBS) as session:
                    await move_nearer(session, timedelta(seconds=seconds), self._clock.ahead)
            except BaseException:
                self._clock.move(-seconds)
                raise
            self._clock.keep()

    async def restore(self) -> None:
        """At a start: where the process was killed in the middle of a leap, the clock goes where the queue is."""
        async with self._database.transaction(Pool.JOBS) as session:
            ahead = await get_ahead(session)
        if ahead is not None and ahead != self._clock.ahead:
            self._clock.ahead = ahead
            self._clock.keep()

    async def _come_to_rest(self) -> QueueRest:
        """What the world did may be work for the worker, and the other way round."""
        try:
            async with asyncio.timeout(REST):
                rest = await self._wait_for_jobs()
                while await self._world():
                    rest = await self._wait_for_jobs()
                return rest
        except TimeoutError:
            raise NotAtRestError(f"jobs did not come to rest within {REST:.0f} s") from None

    async def _wait_for_jobs(self) -> QueueRest:
        while True:
            async with self._database.transaction(Pool.JOBS) as session:
                rest = await get_rest(session)
            if not rest.busy:
                return rest
            await asyncio.sleep(GLANCE)


def _is_frequent(cron: str) -> bool:
    first = next_moment(cron, datetime(2000, 1, 1, tzinfo=UTC))
    return next_moment(cron, first) - first < OFTEN
