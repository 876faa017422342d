"""Items of providers' lists that can't be read: kept as they came until they can be."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import UnreadItem

MAX_RAW = 8192  # characters of one
MAX_KEPT = 1000  # of all; more would be a change of the provider's format, which the first ones show


async def record_unread(
    session: AsyncSession, source: str, subject: str, raw: str, reason: str, now: datetime
) -> None:
    """Once, whenever it comes again."""
    if (await session.scalar(select(func.count()).select_from(UnreadItem)) or 0) >= MAX_KEPT:
        return
    row = insert(UnreadItem).values(
        source=source, subject=subject, raw=raw[:MAX_RAW], reason=reason, created_at=now
    )
    await session.execute(row.on_conflict_do_nothing())


async def delete_read(session: AsyncSession, source: str, subjects: Sequence[str]) -> list[str]:
    """Those that were read this time; which of them had been kept."""
    done = await session.scalars(
        delete(UnreadItem)
        .where(UnreadItem.source == source, UnreadItem.subject.in_(subjects))
        .returning(UnreadItem.subject)
    )
    return list(done)
