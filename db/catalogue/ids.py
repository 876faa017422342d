"""Ids that a catalogue file gives to rows of ours."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.catalogue.entries import Catalogue

RESERVE_IDS = """
select setval(ids, :most) from (select pg_get_serial_sequence(:table, 'id')::regclass as ids) as sequence
where :most > coalesce(pg_sequence_last_value(ids), 0)
"""


async def reserve_ids(session: AsyncSession, catalogue: Catalogue) -> None:
    """Ids that the file gives are never handed out again."""
    given = {
        "bot.lessons": [lesson.id for module in catalogue.modules for lesson in module.lessons if lesson.id],
        "bot.results": [result.id for result in catalogue.results if result.id],
    }
    for table, ids in given.items():
        if ids:
            await session.execute(text(RESERVE_IDS), {"most": max(ids), "table": table})
