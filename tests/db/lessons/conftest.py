"""The database that these tests share."""

import asyncpg
import pytest

from bot.catalogue.reading import parse
from db.catalogue import loading
from db.engine import Database, Pool
from tests.db.lessons.school import SCHOOL


@pytest.fixture
async def database(database: Database, connection: asyncpg.Connection) -> Database:
    """The school above, and Anna (1) and Ben (2)."""
    async with database.transaction(Pool.JOBS) as session:
        await loading.load_catalogue(session, parse(SCHOOL))
    await connection.execute(
        "INSERT INTO users (id, email, created_at) VALUES (1, 'anna@example.com', now()), (2, 'b@example.com', now())"
    )
    return database
