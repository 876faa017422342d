"""What every kind of test may use: a PostgreSQL server, a migrated database of the test's own, a connection."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.postgres.server import EmbeddedServer
from tests.database import Databases

pytest_plugins = ["tests.app"]


@pytest.fixture(scope="session")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Databases]:
    """One server per run, without safety against power failures."""
    async with EmbeddedServer(tmp_path_factory.mktemp("pg"), durable=False) as server:
        databases = Databases(server)
        await databases.prepare()
        yield databases


@pytest.fixture
async def dsn(cluster: Databases) -> AsyncIterator[str]:
    """The address of a migrated database with no rows, of this test alone."""
    async with cluster.clone() as dsn:
        yield dsn


@pytest.fixture
async def empty_database(cluster: Databases) -> AsyncIterator[str]:
    """The address of a database without any table."""
    async with cluster.clone("template0") as dsn:
        yield dsn


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the test's database, beside whatever the tested code uses."""
    conn = await asyncpg.connect(dsn)
    try:
        yield conn
    finally:
        await conn.close()
