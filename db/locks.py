"""Locks on what has no row of its own (yet)."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LOCK = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def lock(session: AsyncSession, name: str) -> None:
    """Waits for the lock of that name and holds it until the transaction ends, across processes."""
    await session.execute(LOCK, {"name": f"lessongate:{name}"})
