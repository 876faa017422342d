"""A merge undone: the rows it moved go back, and access ends on both sides as if the accounts had never been one.

What happened since belongs to whom its cause belongs to: a refund of a purchase that goes back takes its days there.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.access.changes import Source, lock_access
from db.account_ids import is_deleted
from db.accounts.people import list_by_email
from db.accounts.references import blocking, list_references, put_back, return_rows
from db.errors import MergeNotUndoable
from db.merging.access import UPSERT, count_days
from db.merging.merging import ALREADY_THERE, lock_accounts, lock_purchases
from db.tables import AccessChange, Merge, MergedChange, MergedModule, User
from db.timestamps import FOR_EVER

UNDO_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SeparatedAccess:
    """When access to a module ends now for the account that is back, and for the one it had been merged into; None
    where there is none."""

    module_id: int
    module: str
    from_end: datetime | None
    into_end: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """A change of access since the merge. `returns`: its cause belongs to the account that is back."""

    id: int
    source: str
    days: int
    before: datetime | None
    after: datetime
    created_at: datetime
    returns: bool


async def delete_old_merges(session: AsyncSession, now: datetime) -> None:
    """What was noted for the way back, once that has ended. Ids lead on, and what became of the days stays."""
    await session.execute(DELETE_OLD, {"before": now - UNDO_WITHIN})


DELETE_OLD = text(
    """
    with over as (
        update bot.merges set profile = '{}' where created_at < :before and profile <> '{}'
    )
    delete from bot.merged_rows it using bot.merges m where m.id = it.merge_id and m.created_at < :before
    """
)


async def undo_merge(session: AsyncSession, merge_id: int, now: datetime) -> list[SeparatedAccess]:
    """Raises MergeNotUndoable, MergeBlocked."""
    row = await _lock_merge(session, merge_id, now)
    access = await _separate_access(session, row, now)
    await _return_rows(session, row)
    await _end_sessions(session, row, now)
    await _return_profile(session, row)
    await session.execute(delete(MergedChange).where(MergedChange.merge_id == merge_id))
    row.undone_at = now
    await session.flush()
    return access


async def _lock_merge(session: AsyncSession, merge_id: int, now: datetime) -> Merge:
    found = await session.get(Merge, merge_id)
    if found is None:
        raise MergeNotUndoable(merge_id, "unknown")
    await lock_accounts(session, found.from_user_id, found.into_user_id)
    await session.refresh(found, with_for_update=True)
    if found.undone_at is not None:
        raise MergeNotUndoable(merge_id, "undone")
    if now - found.created_at > UNDO_WITHIN:
        raise MergeNotUndoable(merge_id, "too late")
    if await is_deleted(session, found.from_user_id) or await is_deleted(session, found.into_user_id):
        raise MergeNotUndoable(merge_id, "deleted")
    again = select(Merge.id).where(Merge.from_user_id == found.into_user_id, Merge.undone_at.is_(None))
    if await session.scalar(again) is not None:
        raise MergeNotUndoable(merge_id, "merged again")
    return found


async def _separate_access(session: AsyncSession, merge: Merge, now: datetime) -> list[SeparatedAccess]:
    await lock_purchases(session, merge.into_user_id)  # who settles one of them is waited for
    sides = {"merge": merge.id, "into": merge.into_user_id}
    modules = (await session.execute(LIST_MODULES, sides)).all()
    for module in modules:
        for user_id in sorted((merge.from_user_id, merge.into_user_id)):
            await lock_access(session, user_id, module.id)
    await put_back(session, merge.id, "usermoduleaccess")
    stood = {row.module_id: row for row in await session.execute(LIST_STOOD, sides)}
    changes: dict[int, list[Change]] = defaultdict(list)
    for module_id, *row in await session.execute(LIST_SINCE, sides):
        changes[module_id].append(Change(*row))
    return [await _separate(session, merge, one.name, stood[one.id], changes[one.id], now) for one in modules]


# What came since belongs to whom its purchase, or what was undone, belongs to: rows that the merge has moved are found
# by what it has noted of them.
SINCE = """
with moved as (
    select table_name, cast(key ->> 'id' as bigint) as id from bot.merged_rows
    where merge_id = :merge and table_name in ('purchases', 'bot.access_changes')
), since as (
    select c.*, exists (
               select from moved where moved.table_name = 'purchases' and moved.id = case c.source
                   when 'purchase' then c.source_id
                   when 'refund' then (select purchase_id from bot.refunds r where r.id = c.source_id) end
           ) or exists (
               select from moved
               where moved.table_name = 'bot.access_changes' and c.source = 'undo' and moved.id = c.source_id
           ) as returns
    from bot.access_changes c
    where c.user_id = :into and not exists (
        select from moved where moved.table_name = 'bot.access_changes' and moved.id = c.id
    )
), stood as (
    select it.module_id, true as merged, it.from_end, it.into_end, c.id as change_id, c.after
    from bot.merged_modules it join bot.access_changes c on c.source = 'merge' and c.source_id = it.id
    where it.merge_id = :merge
    union all
    (select distinct on (c.module_id) c.module_id, false, null, c.before, c.id - 1, c.before
     from since c
     where c.returns and not exists (
         select from bot.merged_modules it where it.merge_id = :merge and it.module_id = c.module_id
     )
     order by c.module_id, c.id)
)
"""
# Modules that either both had to do with, or that an order which was paid since has led to.
LIST_MODULES = text(
    f"{SINCE} select m.id, m.name from stood join modules m on m.id = stood.module_id order by m.id"
)


async def _separate(
    session: AsyncSession, merge: Merge, module: str, stood: Row[Any], changes: list[Change], now: datetime
) -> SeparatedAccess:
    module_id: int = stood.module_id
    place = {"into": merge.into_user_id, "module": module_id}
    if stood.ends_at != (changes[-1].after if changes else stood.after):
        raise MergeNotUndoable(merge.id, "changed elsewhere")
    from_end = await _return_changes(
        session, merge.from_user_id, stood.from_end, [one for one in changes if one.returns]
    )
    into_end = said = stood.into_end  # said: by the last change that stays, reckoned with those that go back
    for change in changes:
        if not change.returns:
            into_end, said = _apply(into_end, change), change.after
    await session.execute(UPSERT, place | {"user": merge.from_user_id, "end": from_end})
    if into_end is None:
        await session.execute(DELETE_END, place)
    elif stood.merged or not (into_end == stood.ends_at == said):
        await session.execute(UPSERT, place | {"user": merge.into_user_id, "end": into_end})
        session.add(
            AccessChange(
                user_id=merge.into_user_id,
                module_id=module_id,
                source=Source.UNDO.value if stood.merged else Source.MERGE.value,
                source_id=stood.change_id if stood.merged else await _add_module(session, merge, stood),
                days=-count_days(into_end, stood.ends_at, now),
                before=stood.ends_at,
                after=into_end,
                created_at=now,
            )
        )
    return SeparatedAccess(module_id, module, from_end, into_end)


LIST_STOOD = text(
    f"""
    {SINCE}
    select stood.*, a.ends_at from stood
    left join usermoduleaccess a on a.user_id = :into and a.module_id = stood.module_id
    """
)
LIST_SINCE = text(
    f"""
    {SINCE}
    select module_id, since.id, source, days, before, since.after, created_at, returns
    from since join stood using (module_id) where since.id > stood.change_id order by since.id
    """
)
DELETE_END = text("delete from usermoduleaccess where user_id = :into and module_id = :module")


async def _add_module(session: AsyncSession, merge: Merge, stood: Row[Any]) -> int:
    """The cause of what goes from the account that stays, in a module that the merge itself did nothing to."""
    moved = MergedModule(
        merge_id=merge.id, module_id=stood.module_id, from_end=stood.from_end, into_end=stood.into_end
    )
    session.add(moved)
    await session.flush()
    return moved.id


async def _return_changes(
    session: AsyncSession, user_id: int, end: datetime | None, changes: list[Change]
) -> datetime | None:
    """They are this account's, one after the other from where its access ended before: the last says how it ends."""
    for change in changes:
        before, end = end, _apply(end, change)
        mine = {"user_id": user_id, "before": before, "after": end}
        await session.execute(update(AccessChange).where(AccessChange.id == change.id).values(mine))
    return end


def _apply(end: datetime | None, change: Change) -> datetime:
    if end == FOR_EVER:
        return FOR_EVER
    before = change.before or change.created_at
    if FOR_EVER in (before, change.after):
        if change.source == Source.MERGE:
            return FOR_EVER
        gained = timedelta(days=change.days)
    else:
        gained = change.after - before
    if change.days > 0 and change.source != Source.UNDO:
        if FOR_EVER not in (before, change.after):
            gained = change.after - max(before, change.created_at)
        return max(end or change.created_at, change.created_at) + gained
    return (end or change.created_at) + gained


async def _return_rows(session: AsyncSession, merge: Merge) -> None:
    noted = await session.execute(COUNT_NOTED, {"merge": merge.id})
    counts = {(row.table_name, tuple(row.columns)): row.count for row in noted}
    for reference in await list_references(session):
        place = reference.table, reference.columns
        returned = await return_rows(session, reference, merge.id, merge.from_user_id, merge.into_user_id)
        if reference.table == "authidentities" and returned != counts.get(place, 0):
            raise MergeNotUndoable(merge.id, "moved")
    for table in ALREADY_THERE:
        await put_back(session, merge.id, table)
    async with blocking(session, "users"):
        await session.execute(text("set constraints all immediate"))


COUNT_NOTED = text(
    """
    select table_name, columns, count(*) as count from bot.merged_rows
    where merge_id = :merge and key is not null group by table_name, columns
    """
)


async def _end_sessions(session: AsyncSession, merge: Merge, now: datetime) -> None:
    """Those that chats of the account that is back have opened for the other one since."""
    await session.execute(END_SESSIONS, {"from": merge.from_user_id, "into": merge.into_user_id, "now": now})


END_SESSIONS = text(
    """
    update sessions s set revoked_at = :now from authidentities a, devices d
    where s.user_id = :into and s.device_id = d.id and s.revoked_at is null
      and a.user_id = :from and lower(a.loginprovider) = 'telegram' and d.device_key = 'telegram:' || a.providerkey
    """
)


async def _return_profile(session: AsyncSession, merge: Merge) -> None:
    """What was filled and is still the same is empty again; an address goes back unless it is another one's by now."""
    target = await session.get_one(User, merge.into_user_id, populate_existing=True)
    source = await session.get_one(User, merge.from_user_id, populate_existing=True)
    for field in ("name", "phone"):
        if field in merge.profile and getattr(target, field) == merge.profile[field]:
            setattr(target, field, None)
    address = merge.profile.get("email_before")
    if address is None:
        return
    if target.email == address and "placeholder_before" in merge.profile:
        target.email = merge.profile["placeholder_before"]
        await session.flush()
    if not await list_by_email(session, address):
        source.email = address
    await session.flush()
