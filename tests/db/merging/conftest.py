"""Anna has two accounts."""

import asyncpg
import pytest

from db.engine import Database
from tests.db.merging.people import People, meet


@pytest.fixture
async def people(database: Database, connection: asyncpg.Connection) -> People:
    return await meet(database, connection)
