"""Consistency checks: every succeeded purchase of ours has given its days, and no other purchase has; access ends when
our last change of it says.
"""

from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Cursor

PAID_NOT_GRANTED = """
select p.id from purchases p
join bot.payment_attempts a on a.purchase_id = p.id
left join bot.access_changes c on c.source = 'purchase' and c.source_id = p.id
where p.status = 'succeeded' and c.id is null
order by p.id limit 100
"""
GRANTED_NOT_PAID = """
select c.source_id from bot.access_changes c
left join purchases p on p.id = c.source_id and p.status in ('succeeded', 'refunded')
where c.source = 'purchase' and p.id is null
order by c.source_id limit 100
"""


async def list_disagreements(session: AsyncSession) -> dict[str, list[int]]:
    """Purchase ids by kind of alarm."""
    return {
        "paid_not_granted": list(await session.scalars(text(PAID_NOT_GRANTED))),
        "granted_not_paid": list(await session.scalars(text(GRANTED_NOT_PAID))),
    }


# What was known last of an access is what our last change of it says. Rows in the order of their ids, so many a time;
# beside them those that there is an open alarm about.
LOOK_AT_ACCESS = text(
    """
    with looked as (
        (select id, user_id, module_id, ends_at from usermoduleaccess where id > :after order by id limit :batch)
        union
        select a.id, a.user_id, a.module_id, a.ends_at from bot.alerts alarm
        join usermoduleaccess a on a.id = case when alarm.kind = :alarm then cast(alarm.subject as bigint) end
        where alarm.kind = :alarm and (alarm.solved_at is null or alarm.dismissed)
    )
    select a.id, a.user_id, m.name as module, a.ends_at is distinct from known.after as unexplained
    from looked a
    join modules m on m.id = a.module_id
    left join lateral (
        select c.after from bot.access_changes c
        where c.user_id = a.user_id and c.module_id = a.module_id order by c.id desc limit 1
    ) known on true
    order by a.id
    """
)
IS_OURS_ALONE = text(
    "select not exists (select from users u where not exists"
    " (select from bot.telegram_accounts t where t.user_id = u.id))"
)
LOOKED_TO = "access_watch"  # among the cursors: the id of the access that was looked at last
FOUND = "access_watch_found"  # how many this round has found so far
UNEXPLAINED = "access_unexplained"  # how many the last whole round has found
WATCHED = (LOOKED_TO, FOUND, UNEXPLAINED)


@dataclass(frozen=True, slots=True)
class WatchedAccess:
    """An access that ends otherwise than our last change of it says, or that none of our changes made."""

    id: int
    user_id: int
    module: str


async def take_unexplained_access(session: AsyncSession, alarm: str, batch: int) -> list[WatchedAccess]:
    """The next so many accesses are looked at, and all that an alarm of this kind is open about; those not as they
    should be. After the last one it begins anew."""
    cursors = {name: await session.get(Cursor, name) or Cursor(name=name, value=0) for name in WATCHED}
    session.add_all(cursors.values())
    after = cursors[LOOKED_TO].value
    rows = (await session.execute(LOOK_AT_ACCESS, {"after": after, "batch": batch, "alarm": alarm})).all()
    fresh = [row for row in rows if row.id > after][:batch]
    found = cursors[FOUND].value + sum(row.unexplained for row in fresh)
    if len(fresh) == batch:
        cursors[LOOKED_TO].value, cursors[FOUND].value = fresh[-1].id, found
    else:
        cursors[LOOKED_TO].value, cursors[FOUND].value, cursors[UNEXPLAINED].value = 0, 0, found
    return [WatchedAccess(row.id, row.user_id, row.module) for row in rows if row.unexplained]


async def count_unexplained_access(session: AsyncSession) -> int:
    """What the last whole round has found."""
    return await session.scalar(select(Cursor.value).where(Cursor.name == UNEXPLAINED)) or 0


async def is_ours_alone(session: AsyncSession) -> bool:
    """Whether every account was made in a chat: then nobody else writes to the shared tables."""
    return bool(await session.scalar(IS_OURS_ALONE))
