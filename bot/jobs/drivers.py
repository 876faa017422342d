"""The worker's connections to the database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.ports.driver import NotifyCallback

from db.dsn import asyncpg_arguments

CLOSING = timedelta(seconds=5)  # that connections may take to end


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


class AskingDriver(AsyncpgPoolDriver):
    """Behind a pooler in transaction mode nobody can listen: the queue is asked every second instead, each statement
    in a transaction, so that its messages meet one server connection."""

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        async with self._pool.acquire() as connection, connection.transaction():
            return [dict(row) for row in await connection.fetch(query, *args)]

    async def execute(self, query: str, *args: object) -> str:
        async with self._pool.acquire() as connection, connection.transaction():
            return str(await connection.execute(query, *args))

    async def notify(self, channel: str, payload: str) -> None: ...

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None: ...

    async def remove_listener(self, channel: str, callback: NotifyCallback) -> None: ...


# The worker's own connections to a database, for as long as it works.
Connections = Callable[[str], AbstractAsyncContextManager[asyncpg.Pool]]


def make_pool(dsn: str, **more: Any) -> asyncpg.Pool:
    return asyncpg.create_pool(**asyncpg_arguments(dsn), min_size=1, max_size=4, **more)


@asynccontextmanager
async def connections(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """At the end they are cut where they don't close: after an outage pgqueuer may never give its
    listener back, and a worker that waits for it would not start again."""
    pool = await make_pool(dsn)
    try:
        yield pool
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING.total_seconds()):
                await pool.close()
