"""Databases for tests: one server per run, a template migrated once, a clone per test."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from db.postgres.binaries import child_environment, major_of
from db.postgres.cluster import USER, Cluster
from db.postgres.server import EmbeddedServer
from db.schema.migrate import migrate
from tests.resettable import make_resettable

TEMPLATE = "migrated"
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")

_numbers = itertools.count(1)


def resettable(template: str) -> str:
    return f"{template}_kept"


class Databases:
    """Makes and drops databases on one server."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._one_at_a_time = asyncio.Lock()
        self._admin: asyncpg.Connection | None = None

    @property
    def admin_dsn(self) -> str:
        """The server's own database, for making others."""
        return self._server.dsn

    def dsn(self, name: str) -> str:
        return urlunsplit(urlsplit(self._server.dsn)._replace(path=f"/{name}"))

    async def prepare(self) -> None:
        """Makes the template that `clone` copies."""
        async with self.clone("template0") as dsn:
            assert await migrate(dsn, lambda _line: None)
            await self.keep(dsn, TEMPLATE)

    @asynccontextmanager
    async def clone(self, template: str = TEMPLATE, locale: str = "") -> AsyncIterator[str]:
        """The address of a fresh migrated database (of an empty one: template="template0"), dropped afterwards.

        Another `locale` goes with template0 only.
        """
        dsn = await self.make(template, locale)
        try:
            yield dsn
        finally:
            await self.drop(dsn)

    async def make(self, template: str, locale: str = "") -> str:
        """As `clone`; it stays until `drop`."""
        name = f"test_{next(_numbers)}"
        option = f"LOCALE '{locale}'" if locale else ""
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {template} {option} STRATEGY file_copy")
        return self.dsn(name)

    async def drop(self, dsn: str) -> None:
        await self._execute(f"DROP DATABASE {urlsplit(dsn).path.removeprefix('/')} WITH (FORCE)")

    async def keep(self, dsn: str, name: str) -> None:
        """Makes two templates of a database that nobody is connected to any more: as it is, and `resettable(name)`."""
        source = urlsplit(dsn).path.removeprefix("/")
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")
        connection = await asyncpg.connect(dsn)
        await make_resettable(connection)
        await connection.close()
        await self._execute(f"CREATE DATABASE {resettable(name)} TEMPLATE {source} STRATEGY file_copy")

    async def _execute(self, statement: str) -> None:
        """On a connection that is kept: two new ones for each test were a third of what its database costs."""
        async with self._one_at_a_time:
            if self._admin is None or self._admin.is_closed():
                self._admin = await asyncpg.connect(self.admin_dsn)
            await self._admin.execute(statement)

    async def close(self) -> None:
        if self._admin is not None:
            await self._admin.close()


async def make_cluster(folder: Path, programs: Path, *, locale: str) -> None:
    """Data for EmbeddedServer(folder), as `initdb --locale` makes them; $PG_BIN must name those programs then."""
    assert major_of(programs / "initdb"), f"no PostgreSQL in {programs}: apt-get install postgresql-15"
    cluster = Cluster(folder)
    cluster.make_home()
    options = (
        "-U",
        USER,
        "-A",
        "trust",
        "-E",
        "UTF8",
        f"--locale={locale}",
        "--no-sync",
        "--no-instructions",
    )
    process = await asyncio.create_subprocess_exec(
        *cluster.unprivileged(),
        str(programs / "initdb"),
        "-D",
        str(cluster.data),
        *options,
        env=child_environment(),
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0


@asynccontextmanager
async def server_of_the_run(folder: Path) -> AsyncIterator[EmbeddedServer]:
    """Without safety against power failures. With TEST_LOCALE, PG_BIN's server made with that locale."""
    if locale := os.environ.get("TEST_LOCALE"):
        await make_cluster(folder, Path(os.environ["PG_BIN"]), locale=locale)
    async with EmbeddedServer(folder, durable=False) as server:
        yield server
