"""`main.py` in processes of its own, to be killed and started again.

They are forked from one process that has imported everything (multiprocessing's forkserver): a start costs no
seconds of imports. That `python main.py` does the same is tested in tests/test_cli.py.
"""

import asyncio
import multiprocessing
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self

import main
from bot import logs
from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from bot.settings import load
from bot.timings import Timings, seconds
from handlers.app import fast_loop, serve
from tests.chat_user import OLGA

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.process", "handlers.commands"])
PATIENCE = 120.0  # seconds until a test gives up
TOKEN = "7777777777:school-of-the-tests"
SHORT = Timings(
    asks=seconds(1, 2, 4, 8),
    heartbeat=seconds(4)[0],
    dequeue=seconds(1)[0],
    job_retry=seconds(0.2)[0],
    job_retry_most=seconds(5)[0],
    burst=1000,
    tries=1000,
    restart=seconds(0.2)[0],
    restart_most=seconds(2)[0],
)


@dataclass(frozen=True)
class Ended:
    """A process that has ended: its exit status, and what it printed."""

    status: int | None
    output: str
    errors: str


class MainProcess:
    """One running `main.py`. `output` and `errors` are its streams; they end with it."""

    def __init__(
        self, process: ForkServerProcess, output: asyncio.StreamReader, errors: asyncio.StreamReader
    ):
        self._process = process
        self.output = output
        self.errors = errors

    @classmethod
    async def start(
        cls, arguments: Sequence[str], folder: Path, settings: dict[str, str], timings: Timings | None = None
    ) -> Self:
        """In `folder`, with nothing of our environment but what a program needs; `timings` are for `run` alone."""
        needed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        (output, to_output), (errors, to_errors) = (FORKS.Pipe(duplex=False) for _ in range(2))
        process = FORKS.Process(
            target=_become_main,
            args=(list(arguments), folder, needed | settings, (to_output, to_errors), timings),
            daemon=True,
        )
        await asyncio.to_thread(process.start)
        to_output.close()
        to_errors.close()
        return cls(process, await _stream(output), await _stream(errors))

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._process.exitcode

    def kill(self) -> None:
        """Nothing is finished."""
        self._process.kill()

    def terminate(self) -> None:
        """What is being handled is finished."""
        self._process.terminate()

    async def wait(self) -> int:
        """Its exit status, once it has ended."""
        await asyncio.to_thread(self._process.join)
        assert self._process.exitcode is not None
        return self._process.exitcode


async def _stream(pipe: Connection) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    file = os.fdopen(os.dup(pipe.fileno()), "rb")
    pipe.close()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    return reader


def _become_main(
    arguments: list[str],
    folder: Path,
    environment: dict[str, str],
    outputs: tuple[Connection, Connection],
    timings: Timings | None,
) -> None:
    """What the forked process does: `main.py`'s own way, or `run` with other timings."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, output in enumerate(outputs, start=1):
        os.dup2(output.fileno(), number)
        output.close()
    if timings is None:
        raise SystemExit(main.main(arguments))
    settings = load()
    logs.set_up(settings.log_format, settings.log_level, settings.secrets())
    with asyncio.Runner(loop_factory=fast_loop()) as runner:
        runner.run(serve(settings, timings=timings))


async def command(folder: Path, *arguments: str | Path, **settings: str) -> Ended:
    """`main.py ARGUMENT…` in `folder`, until it has ended by itself."""
    process = await MainProcess.start([str(one) for one in arguments], folder, settings)
    try:
        async with asyncio.timeout(PATIENCE):
            output, errors = await asyncio.gather(process.output.read(), process.errors.read())
            return Ended(await process.wait(), output.decode(), errors.decode())
    finally:
        process.kill()


class BotProcess:
    """`main.py run` with short timings, over the sandbox at `origin` and the database at `dsn`. Without `timings`
    they are as they are."""

    arguments: Sequence[str] = ("run",)

    def __init__(
        self, origin: str, dsn: str, folder: Path, timings: Timings | None = SHORT, /, **settings: str
    ) -> None:
        self._folder = folder
        self._timings = timings
        self._settings = {
            "BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": origin,
            "DATABASE_URL": dsn,
            "ADMIN_IDS": str(OLGA),
            "HTTP_PORT": "0",
            "YOOKASSA_SHOP_ID": DEMO_SHOP_ID,
            "YOOKASSA_SECRET_KEY": DEMO_SECRET_KEY,
            "YOOKASSA_API_URL": f"{origin}/v3",
            "LOG_FORMAT": "json",
            "DATA_DIR": str(folder),
        } | settings
        self._process: MainProcess | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._said_ready = asyncio.Semaphore(0)
        self.log: list[str] = []

    async def start(self) -> None:
        """Returns when it takes updates; raises AssertionError with its log when it ends instead."""
        self._ready.clear()
        self._process = await MainProcess.start(self.arguments, self._folder, self._settings, self._timings)
        self._reading = asyncio.create_task(self._read(self._process))
        async with asyncio.timeout(PATIENCE):
            await self._ready.wait()
        assert not self._reading.done(), "\n".join(self.log)

    async def ready(self) -> None:
        """Until one of its processes says so, each once."""
        async with asyncio.timeout(PATIENCE):
            await self._said_ready.acquire()

    async def command(self, name: str) -> Ended:
        """Another command of `main.py` under the same settings."""
        return await command(self._folder, name, **self._settings)

    async def _read(self, process: MainProcess) -> None:
        async for line in process.errors:
            self.log.append(line.decode().rstrip())
            if re.search(r'"event": "ready"|\] ready ', self.log[-1]):
                self._ready.set()
                self._said_ready.release()
        self._ready.set()

    async def kill(self) -> None:
        """Nothing is finished."""
        self.kill_now()
        await self._end()

    def kill_now(self) -> None:
        """As `kill`, without waiting until it has ended."""
        assert self._process is not None
        self._process.kill()

    async def terminate(self) -> int:
        """What is being handled is finished; the exit status."""
        assert self._process is not None
        self._process.terminate()
        return await self._end()

    async def _end(self) -> int:
        assert self._process is not None
        assert self._reading is not None
        async with asyncio.timeout(PATIENCE):
            await self._reading
            return await self._process.wait()

    @property
    def children(self) -> list[int]:
        """The ids of its own processes."""
        assert self._process is not None
        pid = self._process.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    @property
    def started(self) -> bool:
        """Whether it was ever; it may have ended since."""
        return self._process is not None

    @property
    def errors(self) -> list[str]:
        return [line for line in self.log if '"level": "error"' in line or line.startswith("Traceback")]
