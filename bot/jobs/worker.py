"""The job worker: pgqueuer in the same database, restarted with backoff whatever happens to it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.core.executors import EntrypointExecutorParameters
from pgqueuer.domain.models import Context, Job, Schedule
from pgqueuer.errors import RetryRequested
from pgqueuer.executors import EntrypointExecutor
from pgqueuer.ports.driver import NotifyCallback

from bot import metrics
from bot.context import AppContext, utc_now
from bot.jobs import SINGLE, Run
from bot.retry import MAX_RETRY_AGE, RetryJobError, backoff
from bot.timings import Timings
from db.dsn import asyncpg_arguments
from db.engine import is_retryable, is_unavailable
from db.queue import queue_queries

log = structlog.get_logger(__name__)


class RetryingExecutor(EntrypointExecutor):
    """A job that fails is run again with growing pauses for a day, then held; one that only waits (RunAgain, or
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


class ListeningDriver(AsyncpgPoolDriver):
    """pgqueuer probes its listener from the first moment on: a probe sent before LISTEN is never heard, so that
    ten seconds later the worker would be restarted for nothing."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__(pool)
        self._listening = asyncio.Event()

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        await super().add_listener(channel, callback)
        self._listening.set()

    async def notify(self, channel: str, payload: str) -> None:
        await self._listening.wait()
        await super().notify(channel, payload)


class Worker:
    """`direct_dsn` leads around a connection pooler: LISTEN needs a connection of its own."""

    def __init__(
        self, direct_dsn: str, context: AppContext, jobs: Mapping[str, Run], schedules: Mapping[str, str]
    ) -> None:
        self._dsn = direct_dsn
        self._context = context
        self._jobs = jobs
        self._schedules = schedules
        self._stopping = asyncio.Event()
        self._queue: PgQueuer | None = None

    def stop(self) -> None:
        """What runs is finished; nothing new is taken."""
        self._stopping.set()
        if self._queue is not None:
            self._queue.shutdown.set()

    async def run(self) -> None:
        timings = self._context.timings
        pause = timings.restart
        while not self._stopping.is_set():
            started = asyncio.get_running_loop().time()
            try:
                await self._run_once()
            except Exception as error:
                log.warning("worker_restarts", error=repr(error), pause=pause.total_seconds())
            if asyncio.get_running_loop().time() - started > 30:
                pause = timings.restart
            await _first(self._stopping, pause)
            pause = min(pause * 2, timings.restart_most)

    async def _run_once(self) -> None:
        async with asyncpg.create_pool(**asyncpg_arguments(self._dsn), min_size=1, max_size=4) as pool:
            driver = ListeningDriver(pool)
            self._queue = queue = PgQueuer(connection=driver, queries=queue_queries(driver))
            self._register(queue)
            if self._stopping.is_set():
                return
            try:
                await queue.run(
                    dequeue_timeout=self._context.timings.dequeue,
                    batch_size=10,
                    max_concurrent_tasks=40,
                    shutdown_on_listener_failure=True,
                    heartbeat_timeout=self._context.timings.heartbeat,
                )
            finally:
                self._queue = None

    def _register(self, queue: PgQueuer) -> None:
        for name, run in self._jobs.items():
            limit = 1 if name in SINGLE else 0
            register = queue.entrypoint(
                name, concurrency_limit=limit, on_failure="hold", executor_factory=self._executor
            )
            register(self._entry(run))
        for name, cron in self._schedules.items():
            queue.schedule(f"every_{name}", cron)(self._due(self._jobs[name]))

    def _executor(self, parameters: EntrypointExecutorParameters) -> RetryingExecutor:
        executor = RetryingExecutor(parameters)
        executor.timings = self._context.timings
        return executor

    def _entry(self, run: Run) -> Callable[[Job], Awaitable[None]]:
        async def entry(job: Job) -> None:
            await run(job.payload or b"{}", self._context)

        return entry

    def _due(self, run: Run) -> Callable[[Schedule], Awaitable[None]]:
        async def due(schedule: Schedule) -> None:
            await run(b"{}", self._context)

        return due


async def _first(event: asyncio.Event, pause: timedelta) -> None:
    """The event or the pause, whichever comes first."""
    try:
        await asyncio.wait_for(event.wait(), pause.total_seconds())
    except TimeoutError:
        return
