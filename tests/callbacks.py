"""YooKassa's callbacks, as tests send them and wait for what becomes of them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import asyncpg

from bot.timings import Timings, seconds
from handlers.app import Application
from tests.app import QUICK
from tests.chat_user import PATIENCE

UNKNOWN = "2c5d8f9e-000f-5000-8000-1b68e7b15f3f"
NOTHING = (0, 0)
# Open payments are not asked for, so that only callbacks settle.
ONLY_CALLBACKS = Timings(
    asks=seconds(36000),
    dequeue=QUICK.dequeue,
    job_retry=QUICK.job_retry,
    job_retry_most=QUICK.job_retry_most,
    restart=QUICK.restart,
    restart_most=QUICK.restart_most,
)


async def post(app: Application, http: aiohttp.ClientSession, body: Any, **headers: str) -> int:
    """The status; `body` goes as it is when it is bytes, as JSON otherwise."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    url = f"http://127.0.0.1:{app.http_port}/yookassa/webhook"
    async with http.post(url, data=raw, headers={"Content-Type": "application/json"} | headers) as response:
        await response.read()
        return response.status


def notification(event: Any, **thing: Any) -> dict[str, Any]:
    return {"type": "notification", "event": event, "object": thing}


async def recorded(sql: asyncpg.Connection) -> tuple[int, int]:
    """Callbacks, jobs to verify one."""
    row = await sql.fetchrow(
        "select (select count(*) from bot.callbacks),"
        " (select count(*) from bot.pgqueuer where entrypoint in ('verify_callback', 'verify_unknown'))"
    )
    return row[0], row[1]


async def credited(sql: asyncpg.Connection) -> tuple[int, int]:
    """Succeeded purchases, days given."""
    row = await sql.fetchrow(
        "select (select count(*) from purchases where status = 'succeeded'),"
        " (select coalesce(sum(days), 0) from bot.access_changes)"
    )
    return row[0], row[1]


async def becomes(condition: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - it happens in other tasks and in the database
            await asyncio.sleep(0.03)


async def all_handled(sql: asyncpg.Connection, count: int) -> None:
    handled = "select count(*) = $1 and count(*) = count(handled_at) from bot.callbacks"
    await becomes(lambda: sql.fetchval(handled, count))
