"""What is bought in the tests of payments."""

import asyncpg
import pytest

OFFER = "select min(id) from bot.offers where currency = 'RUB'"


@pytest.fixture
async def offer(sql: asyncpg.Connection) -> int:
    found: int = await sql.fetchval(OFFER)
    return found
