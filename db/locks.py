"""Locks on what has no row of its own (yet)."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


def lock_call(name: str, *, shared: bool = False) -> str:
    """SQL that waits for the lock. `name`: an expression of its name."""
    return f"pg_advisory_xact_lock{'_shared' * shared}(hashtextextended('lessongate:' || {name}, 0))"


LOCK = text(f"select {lock_call('cast(:name as text)')}")


async def lock(session: AsyncSession, name: str) -> None:
    """Waits for the lock of that name and holds it until the transaction ends, across processes."""
    await session.execute(LOCK, {"name": name})
