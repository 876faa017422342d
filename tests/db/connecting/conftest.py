"""Anna has two accounts."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.engine import Database
from tests.db.merging.people import People, meet


@pytest.fixture
async def people(dsn: str, connection: asyncpg.Connection) -> AsyncIterator[People]:
    database = Database(dsn)
    yield await meet(database, connection)
    await database.close()
