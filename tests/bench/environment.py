"""Where it is measured: a real, durable PostgreSQL, the measured process, and this one, which is the client."""

import argparse
import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from aiohttp import web

from db.dsn import asyncpg_arguments
from db.postgres.server import EmbeddedServer
from db.schema.migrate import migrate
from handlers.app import fast_loop
from tests.bench.figures import Pair

ROOT = Path(__file__).parents[2]
LIMIT = 300.0  # seconds a benchmark may take at most
START = 60.0  # seconds the measured process may take to start
TABLE = """
create table if not exists bench_callbacks (
    id bigint generated always as identity primary key, event text not null, object_id text not null,
    body text not null, received_at timestamptz not null default now()
)
"""
Measure = Callable[[str, int, int], Awaitable[Pair]]


@dataclass(frozen=True, slots=True)
class Ports:
    ours: str
    bare: str


@asynccontextmanager
async def measured(dsn: str) -> AsyncIterator[Ports]:
    """The origins of our HTTP side and of the bare one, both in one process of their own."""
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    await connection.execute(TABLE)
    await connection.close()
    async with _telegram() as telegram:
        command = [sys.executable, "-m", "tests.bench.server", dsn, telegram]
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START):
                ports = json.loads(await process.stdout.readline())
            yield Ports(*(f"http://127.0.0.1:{ports[side]}" for side in ("ours", "bare")))
        finally:
            process.stdin.close()
            await process.wait()


@asynccontextmanager
async def _telegram() -> AsyncIterator[str]:
    """As little of the Bot API as answers to a message need: the sandbox would cost more than what is measured."""
    message: dict[str, Any] = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "-"}
    body = json.dumps({"ok": True, "result": message}).encode()

    async def answer(request: web.BaseRequest) -> web.Response:
        await request.read()
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
        async with asyncio.timeout(LIMIT):
            with tempfile.TemporaryDirectory(prefix="lessongate-bench-") as folder:
                async with EmbeddedServer(Path(folder)) as server:
                    assert await migrate(server.dsn, lambda _: None)
                    print(await measure(server.dsn, asked.rounds, asked.count))

    with asyncio.Runner(loop_factory=fast_loop()) as loop:
        loop.run(run())
