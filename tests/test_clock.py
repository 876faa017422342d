"""A clock that is moved: what ends, expires, is tried again or tidied on the way, here and outside."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from bot.clock import Clock
from bot.context import AppContext
from bot.jobs import SCHEDULES, Run, entry
from bot.jobs.moving import ClockMover
from bot.jobs.worker import Worker, WorkerAwayError
from bot.retry import RetryJobError
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts.accounts import registration as registration_words
from bot.timings import Timings, seconds
from db.engine import Pool
from db.jobs import Job
from db.queue import enqueue
from handlers.app import Application
from tests.app import QUICK, origin_of, settings_for
from tests.chat_user import PATIENCE, ChatUser

OFFER = "select min(id) from bot.offers where currency = 'RUB'"
ROOT = Path(__file__).parents[1]
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
SEASON = 100 * DAY  # long enough for an hourly schedule to be met more often than jobs are
# As in life, where the tests of other things hurry: a payment is asked about for an hour.
TIMINGS = Timings(dequeue=QUICK.dequeue, restart=QUICK.restart, replies=QUICK.replies)


@pytest.fixture
def timings() -> Timings:
    return TIMINGS


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    return settings_for(origin_of(sandbox), session_days=1)


@pytest.fixture
def mover(app: Application, clock: Clock, sandbox: Sandbox) -> ClockMover:
    """As the demo's is."""
    return ClockMover(clock, app.database, app.worker, SCHEDULES, sandbox.yookassa.catch_up)


@pytest.mark.errors_expected("access that is changed by hand is an alarm")
async def test_access_and_session_end_when_their_time_has_passed(
    anna: ChatUser, mover: ClockMover, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.send("/promo SPRING")
    await anna.receives("SPRING")
    await sql.execute("update usermoduleaccess set ends_at = now() + interval '3 hours'")
    await mover.advance(2 * HOUR)
    assert "✅" in await anna.send("/status")  # open; and the session's end moves along
    await mover.advance(2 * HOUR)
    assert "⌛" in await anna.send("/status")
    await mover.advance(25 * HOUR)
    await anna.send("/status")
    assert anna.buttons == [anna.words(registration_words.SIGN_IN)]


async def test_an_unpaid_link_ends_at_the_provider_and_here(
    anna: ChatUser, mover: ClockMover, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(await sql.fetchval(OFFER))
    await mover.advance(2 * HOUR)
    [payment] = sandbox.yookassa.provider.book.payments.values()
    assert payment.body["status"] == "canceled"
    assert await sql.fetchval("select status from purchases") == "canceled"
    created, ended = await sql.fetchrow("select created_at, link_ends_at from bot.payment_attempts")
    assert HOUR - timedelta(minutes=1) < ended - created < HOUR + timedelta(minutes=1)


async def test_what_was_paid_unseen_is_found_on_the_way(
    anna: ChatUser, mover: ClockMover, sandbox: Sandbox, sql: asyncpg.Connection, clock: Clock
) -> None:
    """Its callback is lost; asking or reconciling finds it, dated by the provider's clock, which is ours."""
    clock.move(int(YEAR.total_seconds()))
    await anna.register()
    sandbox.faults.set(callback_lost=1.0)
    await anna.order(await sql.fetchval(OFFER))
    before = clock.now()
    await anna.pay()
    await mover.advance(HOUR)
    status, purchased_at = await sql.fetchrow("select status, purchased_at from purchases")
    assert status == "succeeded"
    assert before - timedelta(seconds=1) <= purchased_at <= clock.now()


async def test_what_is_recorded_and_told_bears_the_moved_time(
    anna: ChatUser, app: Application, sql: asyncpg.Connection, clock: Clock
) -> None:
    """Whatever defaults to the database's clock would be a year late: tidied at once, or shown with a wrong date."""
    clock.move(int(YEAR.total_seconds()))
    before = clock.now() - timedelta(seconds=1)
    await anna.register()
    await anna.order(await sql.fetchval(OFFER))
    await anna.pay()
    async with asyncio.timeout(PATIENCE):
        while not await sql.fetchval("select count(*) from bot.callbacks where handled_at is not null"):  # noqa: ASYNC110
            await asyncio.sleep(0.03)
    for table, column in (
        ("bot.updates", "handled_at"),
        ("bot.callbacks", "received_at"),
        ("bot.chats", "created_at"),
        ("users", "created_at"),
        ("sessions", "created_at"),
        ("purchases", "created_at"),
        ("bot.access_changes", "created_at"),
    ):
        assert await sql.fetchval(f"select min({column}) from {table}") >= before, table
    assert min(one["date"] for one in anna.messages) >= int(before.timestamp())


@pytest.mark.proof
async def test_old_traces_are_tidied_and_new_ones_kept(
    anna: ChatUser, mover: ClockMover, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await mover.advance(4 * DAY)
    assert await sql.fetchval("select count(*) from bot.updates") == 0
    await anna.send("/start")
    await anna.click(registration_words.SIGN_IN)
    fresh = await sql.fetchval("select count(*) from bot.updates")
    await mover.advance(DAY)
    assert fresh > 0
    assert await sql.fetchval("select count(*) from bot.updates") == fresh


MACHINE = re.compile(
    r"datetime\.now\(|utcnow\(|[^.]\btime\.time\(|date\.today\(|func\.(now|current_timestamp)\b"
)
MACHINES = {
    "bot/clock.py": "the clock",
    "bot/sandbox/clock.py": "a sandbox alone",
    "bot/sandbox/yookassa/timestamps.py": "a sandbox alone",
    "bot/doctor/telegram.py": "the doctor looks at the true Telegram",
    "db/schema/trial.py": "rolled back",
}


def test_nobody_else_asks_the_machine_what_time_it_is() -> None:
    """One clock: a rule with another one would stand still where this one is moved."""
    files = [path for folder in ("bot", "db", "handlers") for path in (ROOT / folder).rglob("*.py")]
    asking = {str(path.relative_to(ROOT)) for path in files if MACHINE.search(path.read_text())}
    assert asking == MACHINES.keys()


class Nap(Job):
    name = "nap"


@dataclass
class Diary:
    """When a job ran, by the moved clock."""

    clock: Clock
    runs: list[datetime]

    async def write(self, job: Nap, context: AppContext) -> None:
        self.runs.append(self.clock.now())

    async def fail(self, job: Nap, context: AppContext) -> None:
        self.runs.append(self.clock.now())
        raise RetryJobError("not yet") if len(self.runs) < 8 else AssertionError("a defect")

    @property
    def gaps(self) -> list[timedelta]:
        return [later - earlier for earlier, later in zip(self.runs, self.runs[1:], strict=False)]


@asynccontextmanager
async def worker_of(
    dsn: str, clock: Clock, jobs: dict[str, Run], schedules: dict[str, str], timings: Timings = TIMINGS
) -> AsyncIterator[tuple[ClockMover, AppContext]]:
    app = Application(settings_for("http://127.0.0.1:9"), dsn, timings=timings, clock=clock)
    worker = Worker(dsn, app.context, jobs, schedules)
    running = asyncio.create_task(worker.run())
    mover = ClockMover(clock, app.database, worker, schedules)
    try:
        await asyncio.sleep(0)  # it has begun to start
        yield mover, app.context
    finally:
        worker.stop()
        await running
        await app.close()


@pytest.mark.parametrize(
    ("cron", "least", "most"),
    [("17 3 * * *", 3, 3), ("0 * * * *", 72, 72), ("* * * * *", 70, 100)],
    ids=["daily", "hourly", "each minute"],
)
async def test_schedules_are_met_at_their_moments_and_frequent_ones_as_after_an_outage(
    dsn: str, errors: list[str], cron: str, least: int, most: int
) -> None:
    clock = Clock()
    diary = Diary(clock, [])
    async with worker_of(dsn, clock, dict([entry(Nap, diary.write)]), {"nap": cron}) as (mover, _):
        target = clock.now() + 3 * DAY
        await mover.advance(3 * DAY)
    assert least <= len(diary.runs) <= most
    if least == most:
        minute = int(cron.split()[0])
        assert all(moment.minute == minute for moment in diary.runs)
    else:
        assert diary.runs[-1] >= target - timedelta(seconds=1)


async def test_a_job_for_later_runs_at_its_moment(dsn: str, errors: list[str]) -> None:
    clock = Clock()
    diary = Diary(clock, [])
    async with worker_of(dsn, clock, dict([entry(Nap, diary.write)]), {}) as (mover, context):
        begun = clock.now()
        async with context.database.transaction(Pool.JOBS) as session:
            for days in (30, 10):
                await enqueue(session, Nap(), after=timedelta(days=days))
        await mover.advance(20 * DAY)
        assert len(diary.runs) == 1
        await mover.advance(20 * DAY)
    first, second = diary.runs
    assert timedelta() <= first - begun - 10 * DAY < timedelta(minutes=1)
    assert timedelta() <= second - begun - 30 * DAY < timedelta(minutes=1)


@pytest.mark.errors_expected("the job fails")
async def test_pauses_of_a_failing_job_grow_and_after_a_day_it_is_held(
    dsn: str, connection: asyncpg.Connection
) -> None:
    clock = Clock()
    diary = Diary(clock, [])
    timings = Timings(dequeue=QUICK.dequeue, job_retry=seconds(60)[0], job_retry_most=4 * HOUR)
    async with worker_of(dsn, clock, dict([entry(Nap, diary.fail)]), {}, timings) as (mover, context):
        async with context.database.transaction(Pool.JOBS) as session:
            await enqueue(session, Nap())
        await mover.advance(3 * DAY)
        assert await connection.fetchval("select status::text from bot.pgqueuer") == "failed"
    for tries, gap in enumerate(diary.gaps[1:], start=1):
        pause = min(timedelta(minutes=2**tries), 4 * HOUR)
        assert pause <= gap < pause + timedelta(minutes=1)
    assert DAY < diary.runs[-1] - diary.runs[0] < DAY + 5 * HOUR


async def test_without_a_worker_the_clock_stands(dsn: str) -> None:
    clock = Clock()
    app = Application(settings_for("http://127.0.0.1:9"), dsn, clock=clock)
    with pytest.raises(WorkerAwayError):
        await ClockMover(clock, app.database, app.worker, {}).advance(DAY)
    assert clock.ahead == timedelta()
    await app.close()


@pytest.mark.proof
async def test_a_season_passes(
    anna: ChatUser, mover: ClockMover, sql: asyncpg.Connection, app: Application
) -> None:
    await anna.register()
    await anna.order(await sql.fetchval(OFFER))
    started, began = app.context.now(), asyncio.get_running_loop().time()
    await mover.advance(SEASON)
    print(f"a hundred days took {asyncio.get_running_loop().time() - began:.1f} s")
    assert app.context.now() - started >= SEASON
    assert await sql.fetchval("select status from purchases") == "canceled"
