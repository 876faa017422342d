"""Where it is measured: a real, durable PostgreSQL, the measured processes, and this one, which is the client."""

import argparse
import asyncio
import json
import os
import re
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
# What Python compiles is kept, as where a bot is installed: else the start would be ours to compile, each time.
WITH_OURS = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
LIMIT = 600.0  # seconds a benchmark may take at most
START = 180.0  # seconds a measured process may take to start
Measure = Callable[[str, int, int], Awaitable[list[Pair]]]


class Side:
    """A measured process, and where it listens."""

    def __init__(self, process: Process, port: int) -> None:
        self._process = process
        self.origin = f"http://127.0.0.1:{port}"

    async def figures(self) -> dict[str, float]:
        """So far: `cpu`, seconds of processor; `statements`; `rss`, MiB at the most; of ours and the bare one also
        `resident`, MiB at this moment."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        return await _line(self._process)


@dataclass(frozen=True, slots=True)
class Sides:
    ours: Side
    bare: Side
    telegram: "Telegram"


@asynccontextmanager
async def measured(dsn: str, *more: str) -> AsyncIterator[Sides]:
    """Our HTTP side (`more`: "worker", with the worker) and the bare one, each in a process of its own."""
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(telegram())
        ours = await stack.enter_async_context(started("server", dsn, there.origin, *more))
        bare = await stack.enter_async_context(started("bare", dsn, there.origin))
        yield Sides(ours, bare, there)


@asynccontextmanager
async def started(module: str, *arguments: str) -> AsyncIterator[Side]:
    command = [sys.executable, "-m", f"tests.bench.{module}"]
    if module == "bare":  # as a file: nothing of ours is imported before it, nor changes how aiogram is
        command = [sys.executable, "-P", str(ROOT / "tests/bench/bare.py")]
    async with launched(*command, *arguments) as side:
        yield side


@asynccontextmanager
async def launched(*command: str) -> AsyncIterator[Side]:
    """What says its port as a line of JSON, then a line of figures for each line it reads, and ends with its input."""
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=WITH_OURS, stdin=PIPE, stdout=PIPE)
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


MESSAGE = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "-"}
ME = {"id": 7777777777, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
SENT, DONE, KNOWN = (json.dumps({"ok": True, "result": result}).encode() for result in (MESSAGE, True, ME))


class Telegram:
    """As little of the Bot API as answers to a message need: the sandbox would cost more than what is measured.
    `show`: what the provider answers at the same address, by the path."""

    def __init__(self) -> None:
        self.origin = ""
        self.show: Callable[[str], Any] | None = None
        self._awaited: dict[int, asyncio.Future[None]] = {}

    def tells(self, chat: int) -> asyncio.Future[None]:
        """Done with the next message in that chat, new or edited."""
        self._awaited[chat] = asyncio.get_running_loop().create_future()
        return self._awaited[chat]

    async def answer(self, request: web.BaseRequest) -> web.Response:
        body, path = await request.read(), request.path
        if path.startswith("/bot"):
            if self._awaited and path.endswith(("/sendMessage", "/editMessageText")):
                self._note(request.content_type, body)
            done = path.endswith(("Query", "/setMyCommands", "/setWebhook", "/deleteWebhook"))
            found = DONE if done else KNOWN if path.endswith("/getMe") else SENT
        else:
            found = json.dumps(self.show(path) if self.show else {}).encode()
        return web.Response(body=found, content_type="application/json")

    def _note(self, content_type: str, body: bytes) -> None:
        """aiogram's own way is a form."""
        if content_type == "application/json":
            found = json.loads(body).get("chat_id", 0)
        else:
            form = re.search(rb'chat_id(?:=|"\r\n\r\n)(\d+)', body)
            found = form[1] if form else 0
        if (told := self._awaited.pop(int(found), None)) is not None:
            told.set_result(None)


@asynccontextmanager
async def telegram() -> AsyncIterator[Telegram]:
    there = Telegram()
    runner = web.ServerRunner(web.Server(there.answer, keepalive_timeout=LIMIT))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield there
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
