"""Copies of the catalogue: downloads, to which a file that comes back is compared, and the files that came in."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import CatalogueCopy

KEPT = timedelta(days=90)


async def create_copy(
    session: AsyncSession, telegram_id: int, now: datetime, *, file_id: str | None = None
) -> int:
    """Without content yet. `file_id`: of one that is to be fetched from Telegram."""
    row = CatalogueCopy(telegram_id=telegram_id, file_id=file_id, content="", created_at=now)
    session.add(row)
    await session.flush()
    return row.id


async def record_content(
    session: AsyncSession, copy_id: int, content: str, base_id: int | None = None
) -> None:
    """`base_id` of no copy that is known counts as none."""
    known = select(CatalogueCopy.id).where(CatalogueCopy.id == base_id, CatalogueCopy.file_id.is_(None))
    await session.execute(
        update(CatalogueCopy)
        .where(CatalogueCopy.id == copy_id)
        .values(content=content, base_id=known.scalar_subquery())
    )


async def get_copy(session: AsyncSession, copy_id: int, *, locked: bool = False) -> CatalogueCopy | None:
    return await session.get(CatalogueCopy, copy_id, populate_existing=True, with_for_update=locked or None)


async def delete_old(session: AsyncSession, now: datetime) -> None:
    """A file made from a download that is gone is compared to nothing; the last download stays."""
    last = select(func.max(CatalogueCopy.id)).where(CatalogueCopy.file_id.is_(None)).scalar_subquery()
    await session.execute(
        delete(CatalogueCopy).where(
            CatalogueCopy.created_at < now - KEPT,
            or_(CatalogueCopy.file_id.is_not(None), CatalogueCopy.id < last),
        )
    )


async def mark_loaded(session: AsyncSession, copy_id: int, now: datetime) -> None:
    await session.execute(update(CatalogueCopy).where(CatalogueCopy.id == copy_id).values(loaded_at=now))
