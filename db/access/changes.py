"""Access: a module until a moment. Every change has one cause and is recorded with the end before and after it.

Positive days: `ends_at = greatest(now, ends_at) + days`; negative: `ends_at + days`, with no floor. `infinity`
(the other application may write it) stays for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.access.limits import LATEST_END, MAX_DAYS
from db.account_ids import lock_account
from db.errors import AccessNotOwned, AccessTooFar, AlreadyUndone
from db.locks import lock, lock_call
from db.sql import text
from db.tables import AccessChange


class Source(StrEnum):
    """What changed an access; `source_id` is the id of its purchase, promo usage, grant, refund, undone change, or
    merged module."""

    PURCHASE = "purchase"
    PROMO = "promo"
    GRANT = "grant"
    REFUND = "refund"
    UNDO = "undo"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class AppliedChange:
    """`before` is None where there was no access at all; `after` is None for access without end."""

    id: int
    user_id: int
    module_id: int
    days: int
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True, slots=True)
class AccessPeriod:
    """What a person may access: `ends_at` is None for ever."""

    module_id: int
    module: str
    ends_at: datetime | None


def extending(causes: str) -> str:
    """CTEs that give the days of `causes`, what has one row with an `id` or none: before, after, change."""
    return f"""
before as (
    select ends_at from usermoduleaccess where user_id = :user_id and module_id = :module_id for update
), after as (
    insert into usermoduleaccess as access (user_id, module_id, ends_at)
    select :user_id, :module_id, cast(:now as timestamptz) + make_interval(days => :days)
    from (select max(ends_at) as ends_at from before) as locked  -- so that the row is read before it is changed
    where exists (select from {causes} as cause) and (locked.ends_at is null or locked.ends_at = 'infinity'
       or greatest(cast(:now as timestamptz), locked.ends_at) + make_interval(days => :days)
          < cast(:far as timestamptz))
    on conflict (user_id, module_id) do update set
        ends_at = greatest(cast(:now as timestamptz), access.ends_at) + make_interval(days => :days)
    returning ends_at
), change as (
    insert into bot.access_changes (user_id, module_id, source, source_id, days, before, after, created_at)
    select :user_id, :module_id, :source, cause.id, :days, (select ends_at from before), ends_at, :now
    from after, {causes} as cause
    returning id, nullif(before, 'infinity') as before, nullif(after, 'infinity') as after
)
"""


EXTEND = text(
    f"with {extending('(select cast(:source_id as bigint) as id)')} select id, before, after from change"
)

SHORTEN = text(
    """
with before as (
    select id, ends_at from usermoduleaccess
    where user_id = :user_id and module_id = :module_id for update
), after as (
    update usermoduleaccess as access set ends_at = before.ends_at + make_interval(days => :days)
    from before where access.id = before.id
    returning access.ends_at
), change as (
    insert into bot.access_changes (user_id, module_id, source, source_id, days, before, after, created_at)
    select :user_id, :module_id, :source, :source_id, :days, before.ends_at, after.ends_at, :now
    from before, after
    returning id, before, after
)
select id, nullif(before, 'infinity') as before, nullif(after, 'infinity') as after from change
"""
)

# Of changes of different accesses.
UNDO = text(
    """
with change as (
    select * from bot.access_changes where id = any(cast(:changes as bigint[])) order by user_id for update
), before as (
    select access.*, change.id as change_id from usermoduleaccess access
    join change on change.user_id = access.user_id and change.module_id = access.module_id
    for update of access
), merged as (  -- what was lived through when the account was merged is not to be taken
    select distinct on (change.id) change.id as change_id, merged.share
    from change join bot.merged_changes merged on merged.change_id = change.id
    order by change.id, merged.merge_id desc
), after as (
    update usermoduleaccess as access set ends_at = case
        when before.ends_at = 'infinity' then before.ends_at
        when merged.share is not null then before.ends_at - merged.share
        when before.ends_at = change.after and change.before is not null then change.before
        else before.ends_at - make_interval(days => change.days)
    end
    from before join change on change.id = before.change_id left join merged on merged.change_id = change.id
    where access.id = before.id
    returning access.ends_at, change.id as change_id
), undone as (
    insert into bot.access_changes (user_id, module_id, source, source_id, days, before, after, created_at)
    select change.user_id, change.module_id, 'undo', change.id, -change.days, before.ends_at, after.ends_at, :now
    from change
    join before on before.change_id = change.id
    join after on after.change_id = change.id
    order by change.user_id
    on conflict (source, source_id) do nothing
    returning *
)
select id, user_id, module_id, days, nullif(before, 'infinity') as before, nullif(after, 'infinity') as after,
       source_id as of
from undone order by user_id
"""
)


async def change_access(
    session: AsyncSession,
    user_id: int,
    module_id: int,
    days: int,
    source: Source,
    source_id: int,
    now: datetime,
) -> AppliedChange:
    """Gives (or, with negative `days`, takes) the days that `source_id` of `source` causes, once.

    The cause's own row is to be locked by the caller. Raises AccessTooFar, AccessNotOwned (taking from nobody), both
    before anything is written, and the database's unique violation where that cause has given its days already.
    """
    check_days(days)
    await lock_access(session, user_id, module_id)
    values = {
        "user_id": user_id,
        "module_id": module_id,
        "days": days,
        "source": source.value,
        "source_id": source_id,
        "now": now,
    }
    if days > 0:
        values |= {"far": LATEST_END}
    row = (await session.execute(EXTEND if days > 0 else SHORTEN, values)).one_or_none()
    if row is None:
        raise AccessTooFar(days) if days > 0 else AccessNotOwned(user_id)
    return AppliedChange(row.id, user_id, module_id, days, row.before, row.after)


def check_days(days: int) -> None:
    """Of one change. Raises AccessTooFar."""
    if not -MAX_DAYS <= days <= MAX_DAYS or days == 0:
        raise AccessTooFar(days)


async def undo_change(session: AsyncSession, change_id: int, now: datetime) -> AppliedChange:
    """Restores the shift a change made: to the moment before it where nothing came since, else by its days.

    Raises AlreadyUndone.
    """
    place = await session.execute(
        select(AccessChange.user_id, AccessChange.module_id).where(AccessChange.id == change_id)
    )
    if (row := place.one_or_none()) is None:
        raise AlreadyUndone(change_id)
    await lock_access(session, await lock_account(session, row.user_id), row.module_id)
    taken = select(AccessChange.id).where(
        AccessChange.source == Source.UNDO, AccessChange.source_id == change_id
    )
    if await session.scalar(taken) is not None:
        raise AlreadyUndone(change_id)
    undone = (await session.execute(UNDO, {"changes": [change_id], "now": now})).one()
    return AppliedChange(
        undone.id, undone.user_id, undone.module_id, undone.days, undone.before, undone.after
    )


TELL = text(
    """
    update bot.access_changes change set told_at = :now
    where id = :change_id and told_at is null
      and not exists (select from bot.access_changes where source = 'undo' and source_id = change.id)
    returning id, user_id, module_id, days, nullif(before, 'infinity') as before, nullif(after, 'infinity') as after
    """
)


async def mark_told(session: AsyncSession, change_id: int, now: datetime) -> AppliedChange | None:
    """What the learner is to be told; None where that was done, or where the change was undone meanwhile."""
    # Undoing locks the change first: what it has undone by then is seen by the statement after this one.
    locked = select(AccessChange.id).where(AccessChange.id == change_id).with_for_update()
    if await session.scalar(locked) is None:
        return None
    row = (await session.execute(TELL, {"change_id": change_id, "now": now})).one_or_none()
    return None if row is None else AppliedChange(*row)


async def list_told(session: AsyncSession, change_ids: Sequence[int]) -> set[int]:
    """Those of them that the learner was told of."""
    told = select(AccessChange.id).where(AccessChange.id.in_(change_ids), AccessChange.told_at.is_not(None))
    return set(await session.scalars(told))


async def list_access(session: AsyncSession, user_id: int) -> list[AccessPeriod]:
    """What the account has or had access to, open ones first."""
    rows = await session.execute(
        text(
            """
            select m.id, m.name, nullif(a.ends_at, 'infinity') as ends_at
            from usermoduleaccess a join modules m on m.id = a.module_id
            where a.user_id = :user_id
            order by a.ends_at desc, m.name
            """
        ),
        {"user_id": user_id},
    )
    return [AccessPeriod(row.id, row.name, row.ends_at) for row in rows]


async def get_access(session: AsyncSession, user_id: int, module_id: int) -> AccessPeriod | None:
    """None where there never was any."""
    found = await list_access(session, user_id)
    return next((one for one in found if one.module_id == module_id), None)


def is_endless(access: AccessPeriod | None) -> bool:
    """Open for ever: nothing can be added to it."""
    return access is not None and access.ends_at is None


def end_after(access: AccessPeriod | None, days: int, now: datetime) -> datetime | None:
    """Where `days` more would lead; None for ever. What ends after the year 9000 is not moved."""
    if access is None:
        return now + timedelta(days=days)
    if access.ends_at is None:
        return None
    start = max(now, access.ends_at)
    return start + timedelta(days=days) if start < LATEST_END else start


async def lock_access(session: AsyncSession, user_id: int, module_id: int) -> None:
    """One change of one access at a time, also while its row is not there yet to be locked."""
    await lock(session, f"access:{user_id}:{module_id}")


def lock_access_call(user: str, module: str) -> str:
    """The same lock, of these two SQL expressions."""
    return lock_call(f"'access:' || {user} || ':' || {module}")
