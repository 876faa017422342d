"""What the database holds: bad input must leave that as it is."""

import asyncio
from typing import Any

import asyncpg

from tests.chat_user import PATIENCE

TABLES = """
select table_schema || '.' || table_name from information_schema.tables
where table_schema in ('public', 'bot') and table_type = 'BASE TABLE'
  and table_name not in ('chats', 'updates', 'alembic_version', 'cooldowns', 'promo_forms', 'cursors')
  and table_name not like 'pgqueuer%' order by 1
"""


async def database(sql: asyncpg.Connection) -> dict[str, list[Any]]:
    """Every row of every table but the conversation's own, and where jobs of every minute have come to."""
    tables = [row[0] for row in await sql.fetch(TABLES)]
    return {
        table: [tuple(row) for row in await sql.fetch(f"select * from {table} order by 1")]
        for table in tables
    }


async def sql_becomes(sql: asyncpg.Connection, true: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await sql.fetchval(true):  # noqa: ASYNC110 - it happens in the bot and in the database
            await asyncio.sleep(0.05)
