"""A shop where nothing was ordered yet."""

import asyncpg
import pytest

from db.engine import Database
from tests.db.payments.shop import NOW, SCHOOL, Shop


@pytest.fixture
async def shop(database: Database, connection: asyncpg.Connection) -> Shop:
    people, offers = await connection.fetchrow(SCHOOL, NOW)
    return Shop(database, connection, people, offers)
