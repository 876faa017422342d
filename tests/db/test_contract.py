"""The contract with the other application: what we create keeps it, and every breach of it is told."""

import asyncpg

from db.contract import contract, differences
from db.indexes import wanted_indexes


async def test_migrated_database_keeps_the_contract(connection: asyncpg.Connection) -> None:
    assert len(contract()) == 13
    assert await differences(connection) == []
    assert await wanted_indexes(connection) == []
