"""Databases for tests: one server per run, a template migrated once, a clone per test."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from db.postgres.server import EmbeddedServer
from db.schema.migrate import migrate

TEMPLATE = "migrated"

_numbers = itertools.count(1)


class Databases:
    """Makes and drops databases on one server."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._making = asyncio.Lock()  # a template may be cloned by one session at a time

    @property
    def admin_dsn(self) -> str:
        """The server's own database, for making others."""
        return self._server.dsn

    def dsn(self, name: str) -> str:
        return urlunsplit(urlsplit(self._server.dsn)._replace(path=f"/{name}"))

    async def prepare(self) -> None:
        """Makes the template that `clone` copies."""
        await self._admin(f"CREATE DATABASE {TEMPLATE}")
        assert await migrate(self.dsn(TEMPLATE), lambda _line: None)

    @asynccontextmanager
    async def clone(self, template: str = TEMPLATE, locale: str = "") -> AsyncIterator[str]:
        """The address of a fresh migrated database (of an empty one: template="template0"), dropped afterwards.

        Another `locale` goes with template0 only.
        """
        name = f"test_{next(_numbers)}"
        option = f"LOCALE '{locale}'" if locale else ""
        async with self._making:
            await self._admin(f"CREATE DATABASE {name} TEMPLATE {template} {option} STRATEGY file_copy")
        try:
            yield self.dsn(name)
        finally:
            await self._admin(f"DROP DATABASE {name} WITH (FORCE)")

    async def keep(self, dsn: str, name: str) -> None:
        """Makes a template of a database that nobody is connected to any more."""
        source = urlsplit(dsn).path.removeprefix("/")
        async with self._making:
            await self._admin(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")

    async def _admin(self, statement: str) -> None:
        connection = await asyncpg.connect(self.admin_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
