"""What an admin sees first: how much there is, and what waits for somebody to look at it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import FailedUpdate

WEEK = timedelta(days=7)
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Overview:
    """`learning` people have something open; `waiting` counts our own purchases whose payment is open and whose payers
    have done something about it."""

    people: int
    chats: int
    learning: int
    modules: int
    products: int
    offers: int
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
        (select count(*) from bot.payment_attempts where closed_at is null and touched_at is not null) as waiting,
        (select count(*) from bot.failed_updates where solved_at is null) as failed_updates,
        (select count(*) from bot.pgqueuer where status = 'failed') as held_jobs,
        (select count(*) from bot.alerts where solved_at is null) as alarms,
        (select count(*) from bot.parked_payments where solved_at is null) as parked
    """
)


async def get_overview(session: AsyncSession, now: datetime) -> Overview:
    """One statement; counts whole tables."""
    row = (await session.execute(GET_OVERVIEW, {"now": now})).one()
    return Overview(*row)


@dataclass(frozen=True, slots=True)
class Figures:
    """Since the beginning of today, in seven and in thirty days, in this order: payments by currency, each with their
    sum; sums returned by currency; people who paid for the first time. Sums in the currencies' smallest units.
    `ending`: accesses that end within a week."""

    paid: dict[str, tuple[tuple[int, int], ...]]
    returned: dict[str, tuple[int, ...]]
    newcomers: tuple[int, ...]
    ending: int


# What was returned since was paid all the same.
LIST_PAID = text(
    """
    select currency,
           count(*) filter (where purchased_at >= :today),
           coalesce(sum(amount_cents) filter (where purchased_at >= :today), 0),
           count(*) filter (where purchased_at >= :week),
           coalesce(sum(amount_cents) filter (where purchased_at >= :week), 0),
           count(*), sum(amount_cents)
    from purchases
    where purchased_at >= :month and purchased_at <= :now and status in ('succeeded', 'refunded')
    group by currency order by count(*) desc, currency
    """
)
LIST_RETURNED = text(
    """
    select currency, coalesce(sum(amount) filter (where finished_at >= :today), 0),
           coalesce(sum(amount) filter (where finished_at >= :week), 0), sum(amount)
    from bot.refunds
    where finished_at >= :month and finished_at <= :now and status = 'succeeded'
    group by currency
    """
)
COUNT_NEWCOMERS = text(
    """
    select count(distinct user_id) filter (where purchased_at >= :today),
           count(distinct user_id) filter (where purchased_at >= :week), count(distinct user_id)
    from purchases p
    left join lateral (  -- one person at a time, by the index: nobody has bought much
        select before.id from purchases before
        where before.user_id = p.user_id and before.id <> p.id and before.status in ('succeeded', 'refunded')
          and before.purchased_at < p.purchased_at limit 1
    ) earlier on true
    where p.purchased_at >= :month and p.purchased_at <= :now and p.status in ('succeeded', 'refunded')
      and earlier.id is null
    """
)
COUNT_ENDING = text(
    """
    select count(*) from usermoduleaccess a where ends_at > :now and ends_at <= :soon
      and not exists (select from bot.deleted_accounts d where d.user_id = a.user_id)
    """
)


async def get_figures(session: AsyncSession, today: datetime, now: datetime) -> Figures:
    """`today`: when it began where the school is."""
    since = {"today": today, "week": now - WEEK, "month": now - MONTH, "now": now}
    paid = {
        row[0]: tuple(zip(map(int, row[1::2]), map(int, row[2::2]), strict=True))
        for row in await session.execute(LIST_PAID, since)
    }
    returned = {row[0]: tuple(map(int, row[1:])) for row in await session.execute(LIST_RETURNED, since)}
    newcomers = tuple((await session.execute(COUNT_NEWCOMERS, since)).one())
    ending = await session.scalar(COUNT_ENDING, {"now": now, "soon": now + WEEK})
    return Figures(paid, returned, newcomers, ending or 0)


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
