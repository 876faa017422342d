"""What keeps failing: since when, and how many times running."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Failing


@dataclass(frozen=True, slots=True)
class FailureRun:
    since: datetime
    times: int


async def record_failure(session: AsyncSession, name: str, now: datetime) -> FailureRun:
    """One more time."""
    row = insert(Failing).values(name=name, since=now)
    again = row.on_conflict_do_update(index_elements=["name"], set_={"times": Failing.times + 1})
    since, times = (await session.execute(again.returning(Failing.since, Failing.times))).one()
    return FailureRun(since, times)


async def clear_failures(session: AsyncSession, name: str) -> bool:
    """It has worked. Whether it had failed before."""
    done = await session.execute(delete(Failing).where(Failing.name == name).returning(Failing.name))
    return done.scalar_one_or_none() is not None
