"""What is taken for an outage of the database, and what for our own mistake: an update that is put off for ever
would stop all that follow it."""

import asyncpg
import pytest
from sqlalchemy import text

from db.engine import Database, Pool, is_unavailable


@pytest.mark.parametrize(
    "wrong",
    [
        ("select cast(:value as bigint)", 2**70),
        ("select cast(:value as text)", "\ud800"),
        ("select cast(:value as text)", "\x00"),
        ("select no_such_column", None),
    ],
)
async def test_a_value_that_no_column_takes_is_no_outage(dsn: str, wrong: tuple[str, object]) -> None:
    statement, value = wrong
    database = Database(dsn)
    with pytest.raises(Exception) as caught:
        async with database.transaction(Pool.TALK) as session:
            await session.execute(text(statement), {"value": value} if value is not None else {})
    await database.close()
    assert not is_unavailable(caught.value)


async def test_a_lost_connection_and_a_missing_server_are(dsn: str, connection: asyncpg.Connection) -> None:
    database = Database(dsn)
    with pytest.raises(Exception) as lost:
        await _lose_connection(database, connection)
    await database.close()
    assert is_unavailable(lost.value)
    nobody = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Exception) as missing:
        await nobody.check_usable()
    await nobody.close()
    assert is_unavailable(missing.value)


async def _lose_connection(database: Database, connection: asyncpg.Connection) -> None:
    async with database.transaction(Pool.TALK) as session:
        own = await session.scalar(text("select pg_backend_pid()"))
        await connection.execute("select pg_terminate_backend($1)", own)
        await session.execute(text("select 1"))
