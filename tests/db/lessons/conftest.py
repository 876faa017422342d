"""The database that these tests share."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from bot.catalogue.reading import parse
from db.catalogue import loading
from db.engine import Database, Pool
from tests.db.lessons.school import SCHOOL


@pytest.fixture
async def database(dsn: str, connection: asyncpg.Connection) -> AsyncIterator[Database]:
    """The school above, and Anna (1) and Ben (2)."""
    made = Database(dsn)
    async with made.transaction(Pool.JOBS) as session:
        await loading.load_catalogue(session, parse(SCHOOL))
    await connection.execute(
        "INSERT INTO users (id, email, created_at) VALUES (1, 'anna@example.com', now()), (2, 'b@example.com', now())"
    )
    yield made
    await made.close()
