"""What an admin sees first: how much there is, and what waits for somebody to look at it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import FailedUpdate

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Overview:
    """`learning` people have something open; `paid_lately` counts succeeded purchases of the last seven days,
    `waiting` our own purchases whose payment is open and whose payers have done something about it."""

    people: int
    chats: int
    learning: int
    modules: int
    products: int
    offers: int
    paid: int
    paid_lately: int
    waiting: int
    failed_updates: int
    held_jobs: int
    alarms: int
    parked: int


@dataclass(frozen=True, slots=True)
class HeldJobs:
    """Jobs of one name that have used up their tries."""

    job: str
    count: int


GET_OVERVIEW = text(
    """
    select
        (select count(*) from users) - (select count(*) from bot.deleted_accounts) as people,
        (select count(*) from bot.chats) as chats,
        (select count(distinct user_id) from usermoduleaccess a where ends_at > :now
            and not exists (select from bot.deleted_accounts d where d.user_id = a.user_id)) as learning,
        (select count(*) from modules) as modules,
        (select count(*) from products) as products,
        (select count(*) from bot.offers where active) as offers,
        (select count(*) from purchases where status = 'succeeded') as paid,
        (select count(*) from purchases where status = 'succeeded' and purchased_at > :lately) as paid_lately,
        (select count(*) from bot.payment_attempts where closed_at is null and touched_at is not null) as waiting,
        (select count(*) from bot.failed_updates where solved_at is null) as failed_updates,
        (select count(*) from bot.pgqueuer where status = 'failed') as held_jobs,
        (select count(*) from bot.alerts where solved_at is null) as alarms,
        (select count(*) from bot.parked_payments where solved_at is null) as parked
    """
)


async def get_overview(session: AsyncSession, now: datetime) -> Overview:
    """One statement; counts whole tables."""
    row = (await session.execute(GET_OVERVIEW, {"now": now, "lately": now - WEEK})).one()
    return Overview(*row)


async def list_failed_payments(session: AsyncSession, limit: int = 5) -> list[FailedUpdate]:
    """Payment updates that failed by an error of ours, the newest first."""
    unsolved = select(FailedUpdate).where(FailedUpdate.solved_at.is_(None))
    return list(await session.scalars(unsolved.order_by(FailedUpdate.id.desc()).limit(limit)))


async def list_held_jobs(session: AsyncSession, limit: int = 5) -> list[HeldJobs]:
    """The most frequent first."""
    rows = await session.execute(
        text(
            "select entrypoint, count(*) from bot.pgqueuer where status = 'failed'"
            " group by entrypoint order by count(*) desc, entrypoint limit :limit"
        ),
        {"limit": limit},
    )
    return [HeldJobs(*row) for row in rows]
