"""A school's database on a server of its own, to be taken away and brought back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bot.catalogue.loading import load_file
from db.engine import Database
from db.postgres.server import EmbeddedServer
from db.schema.migrate import migrate
from handlers.demo import SCHOOL
from tests.app import SMALL


class OwnDatabase:
    """`database` stays the same whether the server runs or not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = AsyncExitStack()
        self.dsn = EmbeddedServer(folder, durable=False).dsn

    async def start(self) -> None:
        await self._running.enter_async_context(EmbeddedServer(self._folder, durable=False))

    async def stop(self) -> None:
        """Returns when the server has ended."""
        await self._running.aclose()


@asynccontextmanager
async def own_database(folder: Path) -> AsyncIterator[OwnDatabase]:
    """Running, migrated, with the demo's catalogue."""
    dsn = OwnDatabase(folder)
    await dsn.start()
    try:
        assert await asyncio.wait_for(migrate(dsn.dsn, lambda _line: None), 60)
        database = Database(dsn.dsn, sizes=SMALL)
        await load_file(database, SCHOOL)
        await database.close()
        yield dsn
    finally:
        await dsn.stop()
