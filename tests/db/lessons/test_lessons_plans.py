"""A learner's screens in a large school read by indexes: what all learners' rows would cost is never paid."""

import asyncpg
import pytest

from db.dsn import asyncpg_arguments
from tests.bench.learners import SCREENS, measure, seed
from tests.database import Databases

LEARNERS = 100_000
READ_WHOLE = """
select relname, seq_scan, idx_scan from pg_stat_user_tables
where relname in ('progress', 'usermoduleaccess', 'users', 'cards', 'attempts') and schemaname in ('public', 'bot')
order by relname
"""


@pytest.mark.proof
async def test_no_screen_of_a_learner_reads_a_whole_table(cluster: Databases) -> None:
    async with cluster.clone() as dsn:
        await seed(dsn, LEARNERS, rows=3)
        before = await reads(dsn)
        assert len(before) == 5
        times = await measure(dsn, LEARNERS, tries=20)
        assert times.keys() == SCREENS.keys()
        after = await reads(dsn)
        assert [(name, whole) for name, whole, _ in after] == [(name, whole) for name, whole, _ in before]
        assert sum(index for _, _, index in after) > sum(index for _, _, index in before)


async def reads(dsn: str) -> list[tuple[str, int, int]]:
    """How often each table was read from end to end, and by an index; the connections that did it have said so at their end."""
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    try:
        await connection.execute("select pg_stat_clear_snapshot()")
        return [tuple(row) for row in await connection.fetch(READ_WHOLE)]
    finally:
        await connection.close()
