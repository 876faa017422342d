"""The job worker: pgqueuer in the same database, restarted with backoff whatever happens to it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Set
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from pgqueuer import PgQueuer
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.executors import (
    AbstractScheduleExecutor,
    EntrypointExecutorParameters,
    ScheduleExecutor,
    ScheduleExecutorFactoryParameters,
)
from pgqueuer.domain.models import Context, CronExpressionEntrypoint, Job, Schedule, TracebackRecord
from pgqueuer.errors import RetryRequested
from pgqueuer.executors import EntrypointExecutor

from bot import metrics
from bot.clock import utc_now
from bot.context import AppContext
from bot.jobs import AT_ONCE, Run
from bot.jobs.cron import next_moment
from bot.jobs.drivers import AskingDriver, Connections, ListeningDriver, connections
from bot.retry import MAX_RETRY_AGE, RetryJobError, backoff, happens_within
from bot.timings import Timings
from db.dsn import parse_dsn
from db.engine import is_refusal, is_retryable, is_unavailable
from db.queue import carrying, queue_queries

log = structlog.get_logger(__name__)

ASK_EVERY = timedelta(seconds=1)  # where nobody can listen
PUT_BACK = (0.1, 0.5, 1, 2, 4)  # seconds until a job is put back once more whose connection broke
STARTING = timedelta(seconds=20)  # that who needs the worker waits until it runs
COLUMNS = """
    select c.relname as table, a.attname as column from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'bot'::regnamespace and c.relname like 'pgqueuer%'
"""


class RetryingExecutor(EntrypointExecutor):
    """A job that fails is run again with growing pauses for a day, then held; one that only waits (RetryJobError, or
    because the database is away) has no last time. pgqueuer deletes a job whose task is cancelled: it is put back."""

    timings: Timings

    async def execute(self, job: Job, context: Context) -> None:
        try:
            await super().execute(job, context)
        except RetryJobError as again:
            pause = again.delay or self._pause(job)
            raise RetryRequested(delay=pause, reason=str(again)) from again
        except asyncio.CancelledError as error:
            raise RetryRequested(reason="cancelled") from error
        except Exception as error:
            if is_retryable(error):
                log.info("job_retried", job=job.entrypoint, id=int(job.id), attempts=job.attempts)
                raise RetryRequested(delay=self._pause(job), reason=repr(error)) from error
            metrics.count_job_failure(job.entrypoint)
            log.exception("job_failed", job=job.entrypoint, id=int(job.id), attempts=job.attempts)
            if utc_now() - job.created > MAX_RETRY_AGE and not is_unavailable(error):
                raise
            raise RetryRequested(delay=self._pause(job), reason=repr(error)) from error

    def _pause(self, job: Job) -> timedelta:
        return backoff(self.timings.job_retry, job.attempts, self.timings.job_retry_most)


class ClockedSchedule(ScheduleExecutor):
    """When it is due is reckoned from the application's clock; pgqueuer's own asks the machine's."""

    now: Callable[[], datetime]

    def get_next(self) -> datetime:
        return next_moment(self.parameters.expression, self.now())

    def next_in(self) -> timedelta:
        return self.get_next() - self.now()


class WorkerQueries(Queries):
    """pgqueuer reckons how far off the next runs are and then writes that down: the clock must not be moved between.

    At its start it looks for its tables and columns one by one in `information_schema`, a view so slow that this was
    a third of what a start costs the database: here they are read once.
    """

    standing: asyncio.Lock
    schedules: Mapping[CronExpressionEntrypoint, AbstractScheduleExecutor]
    _columns: Set[tuple[str, str]] = frozenset()

    async def fetch_schedule(self, entrypoints: dict[CronExpressionEntrypoint, timedelta]) -> list[Schedule]:
        async with self.standing:
            return await super().fetch_schedule({key: self.schedules[key].next_in() for key in entrypoints})

    async def retry_job(self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
        """pgqueuer holds a job that could not be put back, at the first broken connection."""
        for pause in PUT_BACK:
            try:
                return await super().retry_job(job, delay, traceback_record)
            except Exception as error:
                if not is_unavailable(error):
                    raise
                log.info("job_not_put_back", job=job.entrypoint, id=int(job.id), error=error)
                await asyncio.sleep(pause)
        return await super().retry_job(job, delay, traceback_record)

    async def has_table(self, table: str) -> bool:
        self._columns = self._columns or await self._read_columns()
        return table in {name for name, _column in self._columns}

    async def table_has_column(self, table: str, column: str) -> bool:
        return await self.has_table(table) and (table, column) in self._columns

    async def _read_columns(self) -> Set[tuple[str, str]]:
        rows = await self.driver.fetch(COLUMNS)
        return {(str(row["table"]), str(row["column"])) for row in rows}


class WorkerAwayError(Exception):
    """The worker is not running: not yet, no longer, or just now."""


class Worker:
    """`direct_dsn` leads around a connection pooler: LISTEN needs a connection of its own.

    Whoever moves the clock holds `clock_stands` until the queue has been moved too.
    """

    def __init__(
        self,
        direct_dsn: str,
        context: AppContext,
        jobs: Mapping[str, Run],
        schedules: Mapping[str, str],
        connections: Connections = connections,
    ) -> None:
        self._dsn = direct_dsn
        self._connections = connections
        self._context = context
        self._jobs = jobs
        self._schedules = schedules
        self._stopping = asyncio.Event()
        self._queue: PgQueuer | None = None
        self._wanted = False  # it runs, or is about to
        self._up = asyncio.Event()
        self.clock_stands = asyncio.Lock()
        self._refused = False

    def stop(self) -> None:
        """What runs is finished; nothing new is taken."""
        self._stopping.set()
        if self._queue is not None:
            self._queue.shutdown.set()

    async def run(self) -> None:
        timings = self._context.timings
        pause = timings.restart
        self._wanted = True
        while not self._stopping.is_set():
            started = asyncio.get_running_loop().time()
            try:
                await self._run_once()
            except Exception as error:
                say = log.error if is_refusal(error) and not self._refused else log.warning
                self._refused = is_refusal(error)  # said as an error once, until it works or ends otherwise
                say("worker_restarts", error=error, pause=pause.total_seconds())
            if asyncio.get_running_loop().time() - started > 30:
                pause = timings.restart
            await happens_within(self._stopping, pause.total_seconds())
            pause = min(pause * 2, timings.restart_most)
        self._wanted = False

    async def prepare_schedules(self) -> None:
        """Their rows are there, though the worker may only be starting. Raises WorkerAwayError."""
        if self._wanted:
            with suppress(TimeoutError):
                async with asyncio.timeout(STARTING.total_seconds()):
                    await self._up.wait()
        schedules = self._running.sm
        await schedules.queries.insert_schedule(
            {key: one.next_in() for key, one in schedules.registry.items()}
        )

    async def run_due(self, names: Collection[str]) -> None:
        """Those of these schedules that are due, now, one after the other: pgqueuer itself looks at its table about
        once a minute, and can't be woken. Raises WorkerAwayError."""
        schedules = self._running.sm
        asked = {key: one for key, one in schedules.registry.items() if key.entrypoint in names}
        due = await schedules.queries.fetch_schedule({key: one.next_in() for key, one in asked.items()})
        for one in due:
            await schedules.dispatch(asked[CronExpressionEntrypoint(one.entrypoint, one.expression)], one)

    @property
    def _running(self) -> PgQueuer:
        if self._queue is None:
            raise WorkerAwayError("the worker is not running")
        return self._queue

    async def _run_once(self) -> None:
        async with self._connections(self._dsn) as pool:
            pooled = parse_dsn(self._dsn).pooled
            driver = AskingDriver(pool) if pooled else ListeningDriver(pool)
            queries = queue_queries(driver, WorkerQueries)
            self._queue = queue = PgQueuer(connection=driver, queries=queries)
            queries.standing, queries.schedules = self.clock_stands, queue.sm.registry
            pause = self._context.timings.dequeue
            self._register(queue)
            if self._stopping.is_set():
                return
            self._up.set()
            try:
                await queue.run(
                    dequeue_timeout=min(pause, ASK_EVERY) if pooled else pause,
                    batch_size=10,
                    max_concurrent_tasks=40,
                    shutdown_on_listener_failure=not pooled,
                    heartbeat_timeout=self._context.timings.heartbeat,
                )
            finally:
                self._queue = None
                self._up.clear()

    def _register(self, queue: PgQueuer) -> None:
        for name, run in self._jobs.items():
            register = queue.entrypoint(
                name,
                concurrency_limit=AT_ONCE.get(name, 0),
                on_failure="hold",
                executor_factory=self._executor,
            )
            register(self._entry(run))
        for name, cron in self._schedules.items():
            queue.schedule(schedule_of(name), cron, executor_factory=self._clocked)(
                self._due(self._jobs[name])
            )

    def _executor(self, parameters: EntrypointExecutorParameters) -> RetryingExecutor:
        executor = RetryingExecutor(parameters)
        executor.timings = self._context.timings
        return executor

    def _clocked(self, parameters: ScheduleExecutorFactoryParameters) -> ClockedSchedule:
        executor = ClockedSchedule(parameters)
        executor.now = self._context.now
        return executor

    def _entry(self, run: Run) -> Callable[[Job], Awaitable[None]]:
        async def entry(job: Job) -> None:
            with carrying(job.headers):
                await run(job.payload or b"{}", self._context)

        return entry

    def _due(self, run: Run) -> Callable[[Schedule], Awaitable[None]]:
        async def due(schedule: Schedule) -> None:
            await run(b"{}", self._context)

        return due


def schedule_of(job: str) -> str:
    """What the queue calls the schedule of that job."""
    return f"every_{job}"
