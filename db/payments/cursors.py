"""How far a provider's ledger has been read."""

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Cursor


async def get_cursor(session: AsyncSession, name: str) -> int:
    return await session.scalar(select(Cursor.value).where(Cursor.name == name)) or 0


async def record_cursor(session: AsyncSession, name: str, old: int, new: int) -> None:
    """Only from where it was read: two readers at once do not skip a page."""
    if new == old:
        return
    await session.execute(insert(Cursor).values(name=name, value=0).on_conflict_do_nothing())
    await session.execute(update(Cursor).where(Cursor.name == name, Cursor.value == old).values(value=new))
