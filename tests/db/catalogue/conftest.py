"""The database that a catalogue is loaded into."""

from collections.abc import AsyncIterator

import pytest

from db.engine import Database


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    made = Database(dsn)
    yield made
    await made.close()
