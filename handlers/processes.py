"""Several processes of the bot on one port: started, started again, ended together.

The port is opened here and handed on, so that a connection goes to whichever process takes it, and none that waits to
be taken is lost with one that dies. What they share is the database, as the bots of several machines do.
"""

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import structlog

from bot.retry import happens_within
from bot.settings import Settings

log = structlog.get_logger(__name__)

MAIN = Path(__file__).parents[1] / "main.py"
BACKLOG = 128  # connections that wait to be taken
SETTLED = 10.0  # seconds: who lives longer has started
PAUSE, MOST_PAUSE = 1.0, 30.0  # seconds before one that has died is started again
END_WITHIN = 20.0  # seconds that ending may take: before that a process gives up by itself (handlers/app.py)


class PortInUseError(Exception):
    """A port can't be listened on; the message names it."""

    @classmethod
    def of_settings(cls, settings: Settings, error: OSError) -> Self:
        return cls(f"HTTP_PORT: {settings.http_host}:{settings.http_port} can't be used: {error}")


class NotStartedError(Exception):
    """A process has ended as soon as it began; it has said why."""


def listen(settings: Settings) -> socket.socket:
    """Raises PortInUseError."""
    host, port = settings.http_host, settings.http_port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # Of a name with several, what a proxy on this machine asks for.
        family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise PortInUseError.of_settings(settings, error) from error


async def keep(count: int, listening: socket.socket, arguments: Sequence[str]) -> None:
    """Until a signal comes. Raises NotStartedError."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    descriptor = listening.fileno()
    command = [sys.executable, str(MAIN), "run", *arguments, "--listening", str(descriptor)]
    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(count):
                tasks.create_task(_keep_one(command, descriptor, stopping))
    except* NotStartedError as group:
        raise NotStartedError(*group.exceptions[0].args) from None


async def _keep_one(command: Sequence[str], descriptor: int, stopping: asyncio.Event) -> None:
    """Raises NotStartedError for the first one; later ones are tried again and again: others work meanwhile."""
    loop, pause, first = asyncio.get_running_loop(), PAUSE, True
    while not stopping.is_set():
        began = loop.time()
        try:
            status = await _live(command, descriptor, stopping)
        except OSError as error:  # no memory, or no more processes: the others go on
            if first:
                raise NotStartedError(f"a process can't be started: {error}") from error
            status = None
        if stopping.is_set():
            return
        settled = loop.time() - began > SETTLED
        if (
            first and not settled and status is not None and status >= 0
        ):  # it ended itself; a signal says nothing
            raise NotStartedError(f"a process has ended with status {status}")
        log.error("process_ended", status=status)
        first, pause = False, PAUSE if settled else min(2 * pause, MOST_PAUSE)
        await happens_within(stopping, pause)


async def _live(command: Sequence[str], descriptor: int, stopping: asyncio.Event) -> int | None:
    """One process: its exit status. Its standard input ends with us, and it with that, whatever ends us."""
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, pass_fds=[descriptor])
    ends = [asyncio.create_task(process.wait()), asyncio.create_task(stopping.wait())]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in ends:
            task.cancel()
        await asyncio.shield(_end(process))
    return process.returncode


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), END_WITHIN)
    except TimeoutError:
        process.kill()
        await process.wait()
