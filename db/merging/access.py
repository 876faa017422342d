"""Access of two accounts made one: per module what is left of the one is appended to the other.

`infinity` if either side is; else `greatest(now, proven end) + greatest(0, Telegram end - now)`, at most the year 9000.
Ends are moments as db/timestamps.py reads them: FOR_EVER is infinity; None where there was no access at all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.access.changes import Source, lock_access
from db.access.limits import LATEST_END
from db.accounts.references import take_away
from db.refunds.days import DAY, days_until, get_balance
from db.tables import AccessChange, MergedChange, MergedModule
from db.timestamps import FOR_EVER, LONG_AGO

LAST_END = LATEST_END - timedelta(seconds=1)
ZERO = timedelta()


@dataclass(frozen=True, slots=True)
class MergedAccess:
    """When access to a module ended for the account that is merged and for the other one, and when it ends now."""

    module_id: int
    module: str
    from_end: datetime | None
    into_end: datetime | None
    after: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A change of access that gave or took `given`, until `until` at the latest; `share` of it counts since the last
    merge."""

    id: int
    user_id: int
    source: str
    source_id: int
    given: timedelta
    until: datetime
    share: timedelta

    def left(self, now: datetime) -> timedelta:
        """What of it is not lived through."""
        most = abs(self.share)
        return most if self.until >= FOR_EVER else min(max(ZERO, self.until - now), most)


@dataclass(frozen=True, slots=True)
class Sides:
    merge_id: int
    from_id: int
    into_id: int
    now: datetime


def merge_ends(into_end: datetime | None, from_end: datetime, now: datetime) -> datetime:
    if FOR_EVER in (into_end, from_end):
        return FOR_EVER
    left = from_end - now
    if left <= ZERO:
        return from_end if into_end is None else into_end
    start = max(now, into_end or now)
    return start + min(left, max(ZERO, LAST_END - start))


async def merge_access(session: AsyncSession, sides: Sides, later_usages: set[int]) -> list[MergedAccess]:
    """`later_usages`: the promo usages whose code the person had used before on the other side."""
    for module_id in await _list_modules(session, sides.from_id):
        for user_id in sorted((sides.from_id, sides.into_id)):
            await lock_access(session, user_id, module_id)
    rows = await session.execute(LIST_ENDS, {"from": sides.from_id, "into": sides.into_id})
    return [
        await _merge_module(session, sides, row.id, row.name, row.from_end, row.into_end, later_usages)
        for row in rows.all()
    ]


async def _list_modules(session: AsyncSession, user_id: int) -> list[int]:
    return list(
        await session.scalars(
            text("select module_id from usermoduleaccess where user_id = :user order by module_id"),
            {"user": user_id},
        )
    )


LIST_ENDS = text(
    """
    select m.id, m.name, mine.ends_at as from_end, other.ends_at as into_end
    from usermoduleaccess mine join modules m on m.id = mine.module_id
    left join usermoduleaccess other on other.module_id = m.id and other.user_id = :into
    where mine.user_id = :from order by m.id
    """
)


async def _merge_module(
    session: AsyncSession,
    sides: Sides,
    module_id: int,
    module: str,
    from_end: datetime,
    into_end: datetime | None,
    later_usages: set[int],
) -> MergedAccess:
    changes = await _list_changes(session, sides, module_id)
    ends = {sides.from_id: from_end, sides.into_id: into_end}
    twice = {one.id for one in changes if one.source == Source.PROMO and one.source_id in later_usages}
    for change in changes:
        end = ends[change.user_id]
        if change.id in twice and end is not None and end < FOR_EVER:
            ends[change.user_id] = end - min(change.left(sides.now), max(ZERO, end - sides.now))
    appended, start = ends[sides.from_id], ends[sides.into_id]
    assert appended is not None
    after = merge_ends(start, appended, sides.now)
    shift = ZERO if after == FOR_EVER or start is None else max(ZERO, start - sides.now)
    await _record_changes(session, sides, changes, twice, appended, shift)
    await _record_module(session, sides, module_id, from_end, into_end, after)
    return MergedAccess(module_id, module, from_end, into_end, after)


async def _list_changes(session: AsyncSession, sides: Sides, module_id: int) -> list[Change]:
    values = {"users": [sides.from_id, sides.into_id], "module": module_id}
    rows = await session.execute(LIST_CHANGES, values)
    return [_to_change(*row) for row in rows]


def _to_change(
    change_id: int,
    user_id: int,
    source: str,
    source_id: int,
    given: timedelta,
    before: datetime | None,
    after: datetime,
    shift: timedelta,
    share: timedelta | None,
) -> Change:
    until = max(before or LONG_AGO, after)
    if until < LAST_END:
        until += min(shift, LAST_END - until)
    return Change(change_id, user_id, source, source_id, given, until, given if share is None else share)


LIST_CHANGES = text(
    """
    select c.id, c.user_id, c.source, c.source_id, make_interval(days => c.days), c.before, c.after,
           coalesce(merged.shift, '0'), merged.share
    from bot.access_changes c
    cross join lateral (
        select sum(shift) as shift, (array_agg(share order by merge_id desc))[1] as share
        from bot.merged_changes where change_id = c.id
    ) merged
    where c.user_id = any(:users) and c.module_id = :module and c.source in ('purchase', 'promo', 'grant')
    order by c.id
    """
)


async def _record_changes(
    session: AsyncSession,
    sides: Sides,
    changes: list[Change],
    twice: set[int],
    appended: datetime,
    shift: timedelta,
) -> None:
    """What the days that are moved, and those that go, are from now on."""
    rows = []
    for change in changes:
        if change.id not in twice and change.user_id != sides.from_id:
            continue
        left = change.left(sides.now)
        share = ZERO if change.id in twice else left if change.given > ZERO else -left
        if change.source == Source.PURCHASE and change.id not in twice:
            share = await _get_purchase_share(session, change.source_id, appended, sides.now)
        moved = shift if left and change.user_id == sides.from_id else ZERO
        rows.append({"merge_id": sides.merge_id, "change_id": change.id, "shift": moved, "share": share})
    if rows:
        await session.execute(insert(MergedChange), rows)


async def _get_purchase_share(
    session: AsyncSession, purchase_id: int, end: datetime, now: datetime
) -> timedelta:
    """What a refund may have taken and may still take of its days."""
    balance = await get_balance(session, purchase_id)
    unused = balance.unused(now)
    if end < FOR_EVER:
        unused = min(unused, max(0, days_until(end, now)))
    return (balance.taken + unused) * DAY


async def _record_module(
    session: AsyncSession,
    sides: Sides,
    module_id: int,
    from_end: datetime,
    into_end: datetime | None,
    after: datetime,
) -> None:
    """The change of access, whose cause is the module's row of this merge."""
    moved = MergedModule(merge_id=sides.merge_id, module_id=module_id, from_end=from_end, into_end=into_end)
    session.add(moved)
    await session.flush()
    await take_away(
        session,
        sides.merge_id,
        "usermoduleaccess",
        f"it.module_id = {int(module_id)}",
        sides.from_id,
        sides.into_id,
    )
    await session.execute(UPSERT, {"user": sides.into_id, "module": module_id, "end": after})
    session.add(
        AccessChange(
            user_id=sides.into_id,
            module_id=module_id,
            source=Source.MERGE.value,
            source_id=moved.id,
            days=count_days(into_end, after, sides.now),
            before=into_end,
            after=after,
            created_at=sides.now,
        )
    )
    await session.flush()


def count_days(before: datetime | None, after: datetime, now: datetime) -> int:
    """Whole days by which access got longer or shorter; the exact interval is between `before` and `after`."""
    if FOR_EVER in (before, after) or after == before:
        return 0
    return (after - max(before or now, now)) // DAY if after > now else 0


UPSERT = text(
    """
    insert into usermoduleaccess (user_id, module_id, ends_at) values (:user, :module, :end)
    on conflict (user_id, module_id) do update set ends_at = excluded.ends_at
    """
)
