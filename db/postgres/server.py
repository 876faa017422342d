"""The embedded PostgreSQL: a real server under DATA_DIR that lives as long as some process of ours uses it.

Every process that uses the server holds the write end of a FIFO, the lifeline. A small shell, the watcher, is
the server's parent and reads the FIFO's other end; when the last writer closes it, by leaving or by kill -9,
the watcher reads end-of-file and shuts the server down. So the process that started the server may die while
others go on, and none that dies leaves a server behind. Each process also supervises the server:
if it is gone (crashed, killed by the kernel), the first to notice starts it again, the others attach.
"""

import asyncio
import contextlib
import errno
import fcntl
import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import quote

import asyncpg

from db.postgres.binaries import child_environment, server_binaries
from db.postgres.cluster import PORT, USER, Cluster, ServerError, WrongMajorError, tail

__all__ = ["EmbeddedServer", "ServerError", "WrongMajorError"]

DATABASE = "app"
START_TIMEOUT = 120.0  # seconds; recovery after a crash replays what was written since the last checkpoint
STOP_TIMEOUT = 30.0  # seconds we wait on leaving; the server goes on stopping by itself after that
POLL_INTERVAL = 0.02  # seconds
LIFELINE_CHECK_INTERVAL = 0.25  # seconds between two checks; two system calls each
NOT_READY = (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError)

# The server's parent. It ignores the signals that a terminal or a service manager sends to everyone, so that
# it outlives the server; it keeps the lifeline's read end until the server has ended, so that a lifeline
# without a reader means a stopped server.
WATCHER = """
exec 3<&0 </dev/null
(
  trap '' HUP INT TERM
  "$@" 3<&- &
  server=$!
  (read -r _ <&3; kill -INT $server) &
  reader=$!
  wait $server
  kill -KILL $reader 2>/dev/null
) &
"""

log = logging.getLogger(__name__)


class EmbeddedServer:
    """`async with EmbeddedServer(data_dir) as server: server.dsn`: starts the server, or attaches to it.

    `options` are settings of the server, `name=value`; they count for whoever starts it. `durable=False`
    gives up safety against power failures for speed: for tests only. Raises ServerError (with the server's
    last log lines) when it cannot be started, WrongMajorError for data of another major version,
    NoBinariesError without programs.
    """

    def __init__(self, data_dir: Path, *, options: Sequence[str] = (), durable: bool = True) -> None:
        self._cluster = Cluster(data_dir)
        self._options = tuple(options)
        self._durable = durable
        self._lifeline: int | None = None
        self._membership: int | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def dsn(self) -> str:
        """`postgresql://app@/app?host=…`; with the port, lest a PGPORT in the environment mislead."""
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self._cluster.sockets))}&port={PORT}"

    async def __aenter__(self) -> Self:
        try:
            await self._attach()
        except BaseException:
            self._release()
            raise
        self._keeper = asyncio.create_task(self._supervise(), name="embedded-postgres")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        await self._detach()

    async def _attach(self) -> None:
        """Holds the lifeline of a server that answers and has our database; starts one if there is none."""
        self._cluster.make_home()
        deadline = time.monotonic() + START_TIMEOUT
        async with _locked(self._cluster.lock, START_TIMEOUT) as lock:
            self._cluster.make_ready()
            self._membership = self._membership or _open_shared(self._cluster.users)
            self._lifeline = _open_lifeline(self._cluster.lifeline)
            # None, or it was just shutting down.
            if self._lifeline is None or not await self._wait_ready(deadline):
                await self._start(deadline, lock)
            self._cluster.hand_over()

    async def _start(self, deadline: float, lock: int) -> None:
        await self._stop_orphan()
        binaries = server_binaries()
        self._cluster.refuse_unreachable(binaries)
        await self._cluster.make_data(binaries, durable=self._durable, lock=lock)
        log_start = self._launch(self._cluster.command(binaries, self._options, durable=self._durable))
        if not await self._wait_ready(deadline):
            words = _log_tail(self._cluster.log, log_start)
            raise ServerError(f"PostgreSQL did not start in {self._cluster.data}:\n{words}")

    def _launch(self, command: Sequence[str]) -> int:
        """Starts watcher and server and holds their lifeline; returns where in the log their words begin."""
        reader = os.open(self._cluster.lifeline, os.O_RDONLY | os.O_NONBLOCK)
        self._lifeline = os.open(self._cluster.lifeline, os.O_WRONLY | os.O_NONBLOCK)
        os.set_blocking(reader, True)
        output = self._cluster.open_log()
        log_start = os.fstat(output).st_size
        try:
            subprocess.run(
                ["sh", "-c", WATCHER, "sh", *command],
                stdin=reader,
                stdout=output,
                stderr=output,
                env=child_environment(),
                cwd="/",
                start_new_session=True,
                check=True,
            )
        finally:
            os.close(reader)
            os.close(output)
        return log_start

    async def _wait_ready(self, deadline: float) -> bool:
        """Waits until the server takes connections; False (and the lifeline closed) when it has ended instead."""
        while not _is_closed(self._lifeline):
            try:
                await self._ensure_database()
                return True
            except NOT_READY:
                await asyncio.sleep(POLL_INTERVAL)
            if time.monotonic() > deadline:
                raise ServerError(
                    f"PostgreSQL in {self._cluster.data} takes no connections: see {self._cluster.log}"
                )
        self._close_lifeline()
        return False

    async def _ensure_database(self) -> None:
        connection = await asyncpg.connect(
            host=str(self._cluster.sockets), port=PORT, user=USER, database="postgres", timeout=5
        )
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close(timeout=5)

    async def _stop_orphan(self) -> None:
        """Ends a server whose watcher was killed: nobody would ever stop it, nor could another start."""
        if (pid := self._cluster.postmaster()) is None:
            return
        log.warning("a server without a watcher (pid %d) runs on %s: stopping it", pid, self._cluster.data)
        deadline = time.monotonic() + STOP_TIMEOUT
        os.kill(pid, signal.SIGINT)
        while self._cluster.postmaster() == pid:
            if time.monotonic() > deadline:
                raise ServerError(
                    f"another server (pid {pid}) runs on {self._cluster.data} and does not stop"
                )
            await asyncio.sleep(POLL_INTERVAL)

    async def _supervise(self) -> None:
        """Attaches again, or starts again, when the server has gone; never gives up."""
        pause = LIFELINE_CHECK_INTERVAL
        while True:
            await asyncio.sleep(pause)
            pause = LIFELINE_CHECK_INTERVAL
            if self._lifeline is not None and not _is_closed(self._lifeline):
                continue
            log.warning("the PostgreSQL server in %s has gone: starting it again", self._cluster.data)
            self._close_lifeline()
            try:
                await self._attach()
            except (ServerError, OSError, asyncpg.PostgresError):
                log.exception("PostgreSQL could not be started again")
                self._close_lifeline()
                pause = 5.0

    async def _detach(self) -> None:
        """Detaches from the server; the last process waits until it has stopped."""
        with contextlib.suppress(ServerError):  # somebody is starting it: closing the lifeline will do
            async with _locked(self._cluster.lock, 5.0):
                if self._is_last() and self._lifeline is not None:
                    await _stop(self._lifeline)
                    self._cluster.tidy()
        self._release()

    def _is_last(self) -> bool:
        """Only under the lock, and only on leaving: our own membership is given up by asking."""
        if self._membership is None:
            return False
        try:
            fcntl.flock(self._membership, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(self) -> None:
        self._close_lifeline()
        if self._membership is not None:
            os.close(self._membership)
            self._membership = None

    def _close_lifeline(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


@contextlib.asynccontextmanager
async def _locked(path: Path, limit: float) -> AsyncIterator[int]:
    """Holds the lock that serialises starting and stopping; the kernel releases it when its holder dies."""
    deadline = time.monotonic() + limit
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                raise ServerError(
                    f"another process has been starting or stopping PostgreSQL for {limit:.0f} s: {path}"
                )
            await asyncio.sleep(POLL_INTERVAL)
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open_shared(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _open_lifeline(path: Path) -> int | None:
    """The lifeline's write end, None when no watcher reads it: then no server of ours runs."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise


def _is_closed(lifeline: int | None) -> bool:
    """Whether the lifeline's other end is closed, that is, the server has ended."""
    if lifeline is None:
        return True
    poll = select.poll()
    poll.register(lifeline, 0)
    return bool(poll.poll(0))


async def _stop(lifeline: int) -> None:
    """Asks for the shutdown and waits for it: closing the lifeline would do too, but not show when it is over."""
    with contextlib.suppress(BrokenPipeError):
        os.write(lifeline, b"stop\n")
    for _ in range(round(STOP_TIMEOUT / POLL_INTERVAL)):
        if _is_closed(lifeline):
            break
        await asyncio.sleep(POLL_INTERVAL)


def _log_tail(path: Path, start: int) -> str:
    with path.open("rb") as file:
        file.seek(start)
        return tail(file.read())
