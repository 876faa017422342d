"""Callbacks as they came: a hint each, by anybody. Those of payments we know are verified before all others.

Known is what a purchase bears: the payment's id, or, while that has not come, the key that stands in its metadata.
Nothing is believed by it, it only decides who waits for whom. No payment has more than `FIRST` callbacks before the
others, so that somebody who knows one can't fill the line either; a repeated one is never dropped unverified.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import Database, Pool
from db.jobs import Job, VerifyCallbackJob, VerifyUnknownJob
from db.payments.methods import KEY_PREFIX, YOOKASSA
from db.queue import ENQUEUED, enqueue
from db.tables import Callback

MAX_BODY = 4096  # bytes that are kept of one
FIRST = 3  # unverified callbacks of one payment that are verified before others'
CEILING = 1000  # how many others may wait
MONEY, OTHERS = 10, -10  # priorities: a payer's link and news stand between them at 0
KEPT = timedelta(days=30)  # after it was handled
KEPT_WITHOUT_NEWS = timedelta(hours=1)

# Several at once, each as if it came alone: those before it in the same statement count too.
RECORD = f"""
    with given as materialized (
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
            with ordinality as t(event, object_id, payment_id, placeholder, body, received_at, place)
    ),
    known as materialized (
        select given.*, exists (
            select from purchases
            where provider = $7 and provider_payment_id in (given.payment_id, given.placeholder)
        ) and $8 >= row_number() over (partition by given.payment_id order by place) + (
            select count(*) from bot.callbacks as there
            where there.payment_id = given.payment_id and there.known and there.handled_at is null
        ) as known
        from given
    ),
    waiting as materialized (
        select count(*) as there from (
            select from bot.callbacks where not known and handled_at is null limit $9
        ) as others
    ),
    decided as materialized (
        select known.*, known or $9 >= there + row_number() over (partition by known order by place) as taken
        from known, waiting
    ),
    recorded as (
        insert into bot.callbacks (event, object_id, payment_id, body, received_at, known)
        select event, object_id, payment_id, body, received_at, known from decided where taken order by place
        returning id, known
    ),
    jobs as (
        select case when known then {MONEY} else {OTHERS} end as priority,
               case when known then '{VerifyCallbackJob.name}' else '{VerifyUnknownJob.name}' end as entrypoint,
               convert_to('{{"id":' || id || '}}', 'UTF8') as payload,
               case when not known then 'verify:' || id end as dedupe_key
        from recorded order by id
    ),
    {ENQUEUED}
    select taken from decided order by place
"""


@dataclass(frozen=True, slots=True)
class Received:
    """`payment_id`: the payment it is about, whatever the object is. `key`: our idempotence key, if it shows one."""

    event: str
    object_id: str
    payment_id: str
    body: bytes
    at: datetime
    key: str | None = None

    @property
    def kept(self) -> str:
        return self.body[:MAX_BODY].decode(errors="ignore").replace("\x00", "")

    @property
    def placeholder(self) -> str:
        return f"{KEY_PREFIX}{self.key}" if self.key else self.payment_id


async def record_callbacks(database: Database, received: Sequence[Received]) -> list[bool]:
    """Stores each with the job that verifies it, all or none; False for those of which, being of payments we don't
    know, too many wait already."""
    columns = (
        [one.event for one in received],
        [one.object_id for one in received],
        [one.payment_id for one in received],
        [one.placeholder for one in received],
        [one.kept for one in received],
        [one.at for one in received],
    )
    async with database.statement(Pool.MONEY) as connection:
        rows = await connection.exec_driver_sql(RECORD, (*columns, YOOKASSA, FIRST, CEILING))
        return list(rows.scalars())


async def enqueue_verification(session: AsyncSession, callback_id: int, known: bool, *, once: bool) -> None:
    """`once`: nothing is done while one is queued."""
    job: Job = VerifyCallbackJob(id=callback_id) if known else VerifyUnknownJob(id=callback_id)
    key = f"verify:{callback_id}" if once else None
    await enqueue(session, job, key=key, priority=MONEY if known else OTHERS)


async def get_unhandled(session: AsyncSession, callback_id: int) -> Callback | None:
    return await session.scalar(
        select(Callback).where(Callback.id == callback_id, Callback.handled_at.is_(None))
    )


def record_ask(callback: Callback) -> None:
    """Of a payment we don't know: the provider is asked about it once more. `callback` is of the open session."""
    callback.asked += 1


async def mark_handled(
    session: AsyncSession, callback_id: int, outcome: str, now: datetime, *, news: bool = True
) -> None:
    """What told nothing new is not kept for long, nor its text: anybody may send any number of them."""
    changed = {"handled_at": now, "outcome": outcome} | ({} if news else {"body": ""})
    await session.execute(update(Callback).where(Callback.id == callback_id).values(changed))


async def was_told(session: AsyncSession, callback: Callback, outcome: str) -> bool:
    """Whether an earlier callback of that payment had the same outcome."""
    earlier = select(Callback.id).where(
        Callback.payment_id == callback.payment_id,
        Callback.event == callback.event,
        Callback.outcome == outcome,
        Callback.id != callback.id,
    )
    return await session.scalar(earlier.limit(1)) is not None


async def count_others(session: AsyncSession) -> int:
    """How many of unknown payments wait, up to the ceiling."""
    waiting = select(Callback.id).where(~Callback.known, Callback.handled_at.is_(None)).limit(CEILING)
    return await session.scalar(select(func.count()).select_from(waiting.subquery())) or 0


async def list_unhandled(session: AsyncSession, before: datetime, limit: int = 100) -> list[Callback]:
    """Unhandled ones received before that moment, known payments' first: their job was lost."""
    rows = await session.scalars(
        select(Callback)
        .where(Callback.handled_at.is_(None), Callback.received_at < before)
        .order_by(Callback.known.desc(), Callback.id)
        .limit(limit)
    )
    return list(rows)


async def delete_old(session: AsyncSession, now: datetime) -> None:
    await session.execute(delete(Callback).where(Callback.handled_at < now - KEPT))


async def delete_without_news(session: AsyncSession, now: datetime) -> None:
    await session.execute(
        delete(Callback).where(Callback.body == "", Callback.handled_at < now - KEPT_WITHOUT_NEWS)
    )
