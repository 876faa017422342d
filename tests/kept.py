"""Databases that tests use one after another: put back to what their template holds, over connections that stay.

A new database for each test, with a dozen new connections that plan every statement anew and an engine that compiles it
anew, was half of what a test of the chat cost.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from sqlalchemy import event

from bot.jobs.drivers import make_pool
from db.engine import Database
from tests.database import Databases, resettable

# Dead rows add up, and what is read without an order comes in another one where their room is used again.
USES = 100
# Nobody of the last test is at work any more.
END_OTHERS = """
    select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and pid <> all ($1)
        and backend_type = 'client backend'
"""


class KeptDatabase(Database):
    """Closing it closes nothing: the next test goes on with its connections, unless one of them was lost."""

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn)
        self._dsn = dsn
        self._worker_pool: asyncpg.Pool | None = None
        self._worker_pids: list[int] = []
        self._drivers: list[asyncpg.Connection] = []
        for engine in self._engines.values():
            event.listen(engine.sync_engine, "connect", self._remember)

    def _remember(self, connection: object, _record: object) -> None:
        self._drivers.append(connection.driver_connection)  # type: ignore[attr-defined]

    async def close(self) -> None: ...

    async def rest(self) -> list[int]:
        """The server's processes that go on serving it."""
        in_use = any(engine.pool.checkedout() for engine in self._engines.values())  # type: ignore[attr-defined]
        if in_use or any(driver.is_closed() for driver in self._drivers):
            await self.end()
        kept = self._worker_pids if self._worker_pool is not None else []
        return [*kept, *(driver.get_server_pid() for driver in self._drivers)]

    @asynccontextmanager
    async def worker_connections(self, dsn: str) -> AsyncIterator[asyncpg.Pool]:
        """As the worker's own, which are most of what its start costs; kept where it has given back all of them."""
        assert dsn == self._dsn
        assert self._worker_pool is not None or not self._worker_pids, "one worker at a time"
        pool, self._worker_pool = self._worker_pool or await self._make_worker_pool(), None
        try:
            yield pool
        finally:
            if pool.get_idle_size() == pool.get_size():
                self._worker_pool = pool
            else:
                pool.terminate()
                self._worker_pids.clear()

    async def _make_worker_pool(self) -> asyncpg.Pool:
        async def remember(connection: asyncpg.Connection) -> None:
            self._worker_pids.append(connection.get_server_pid())

        return await make_pool(self._dsn, init=remember)

    async def end(self) -> None:
        await super().close()
        self._drivers.clear()
        if self._worker_pool is not None:
            await self._worker_pool.close()
        self._worker_pool = None
        self._worker_pids.clear()


@dataclass(frozen=True)
class Lent:
    """What a test has of a database: its address, the application's connections, one of its own."""

    dsn: str
    database: KeptDatabase
    connection: asyncpg.Connection

    async def end(self) -> None:
        await self.database.end()
        await self.connection.close()


@asynccontextmanager
async def borrowed(dsn: str) -> AsyncIterator[Lent]:
    """Of a database that is somebody else's to put back."""
    lent = Lent(dsn, KeptDatabase(dsn), await asyncpg.connect(dsn))
    try:
        yield lent
    finally:
        await lent.end()


class Kept:
    """Databases like their templates, each lent to one test at a time."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._idle: dict[str, tuple[Lent, int]] = {}  # with how often it was used

    @asynccontextmanager
    async def lend(self, template: str) -> AsyncIterator[Lent]:
        lent, uses = self._idle.pop(template) if template in self._idle else (await self._make(template), 0)
        try:
            yield lent
        finally:
            if await put_back(lent) and uses + 1 < USES:
                self._idle[template] = lent, uses + 1
            else:
                await self._drop(lent)

    async def end(self) -> None:
        for lent, _uses in self._idle.values():
            await self._drop(lent)

    async def _make(self, template: str) -> Lent:
        dsn = await self._databases.make(resettable(template))
        return Lent(dsn, KeptDatabase(dsn), await asyncpg.connect(dsn))

    async def _drop(self, lent: Lent) -> None:
        await lent.end()
        await self._databases.drop(lent.dsn)


async def put_back(lent: Lent) -> bool:
    """False where the test has done to it what can't be undone."""
    if lent.connection.is_closed():
        return False
    await lent.connection.reset()
    try:
        await lent.connection.execute(END_OTHERS, await lent.database.rest())
        await lent.connection.execute("set session_replication_role = replica; set lock_timeout = '10s'")
        done: bool = await lent.connection.fetchval("select kept.put_back()")
        await lent.connection.execute("reset all")
    except asyncpg.PostgresError:
        return False
    return done
