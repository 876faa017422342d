"""Where it is measured: a real, durable PostgreSQL, the measured processes, and this one, which is the client."""

import argparse
import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from db.postgres.server import EmbeddedServer
from db.schema.migrate import migrate
from handlers.app import fast_loop
from tests.bench.figures import HEADING, Pair

ROOT = Path(__file__).parents[2]
LIMIT = 600.0  # seconds a benchmark may take at most
START = 180.0  # seconds a measured process may take to start
Measure = Callable[[str, int, int], Awaitable[list[Pair]]]


class Side:
    """A measured process, and where it listens."""

    def __init__(self, process: Process, port: int) -> None:
        self._process = process
        self.origin = f"http://127.0.0.1:{port}"

    async def figures(self) -> dict[str, float]:
        """So far: `cpu`, seconds of processor; `statements`; `rss`, MiB at the most."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        return await _line(self._process)


@dataclass(frozen=True, slots=True)
class Sides:
    ours: Side
    bare: Side


@asynccontextmanager
async def measured(dsn: str) -> AsyncIterator[Sides]:
    """Our HTTP side and the bare one, each in a process of its own."""
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(_telegram())
        ours, bare = [
            await stack.enter_async_context(_process(module, dsn, telegram)) for module in ("server", "bare")
        ]
        yield Sides(ours, bare)


@asynccontextmanager
async def _process(module: str, *arguments: str) -> AsyncIterator[Side]:
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    try:
        async with asyncio.timeout(START):
            port = int((await _line(process))["port"])
        yield Side(process, port)
    finally:
        process.stdin.close()
        await process.wait()


async def _line(process: Process) -> dict[str, float]:
    assert process.stdout is not None
    found: dict[str, float] = json.loads(await process.stdout.readline())
    return found


@asynccontextmanager
async def _telegram() -> AsyncIterator[str]:
    """As little of the Bot API as answers to a message need: the sandbox would cost more than what is measured."""
    message: dict[str, Any] = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "-"}
    sent, done = (json.dumps({"ok": True, "result": result}).encode() for result in (message, True))

    async def answer(request: web.BaseRequest) -> web.Response:
        await request.read()
        body = done if request.path.endswith("Query") else sent
        return web.Response(body=body, content_type="application/json")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def by_hand(measure: Measure, rounds: int, count: int) -> None:
    """The benchmark as a script: on a database of its own, bounded, its table printed."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=rounds)
    arguments.add_argument("--count", type=int, default=count, help="of things done in one try")
    asked = arguments.parse_args()

    async def run() -> None:
        async with asyncio.timeout(LIMIT), database() as dsn:
            print(HEADING, *await measure(dsn, asked.rounds, asked.count), sep="\n")

    with asyncio.Runner(loop_factory=fast_loop()) as loop:
        loop.run(run())


@asynccontextmanager
async def database() -> AsyncIterator[str]:
    """One of its own, migrated."""
    with tempfile.TemporaryDirectory(prefix="lessongate-bench-") as folder:
        async with EmbeddedServer(Path(folder)) as server:
            assert await migrate(server.dsn, lambda _: None)
            yield server.dsn
