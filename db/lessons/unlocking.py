"""When a lesson unlocks: the one place that says so. Every screen, the lesson to go on with, and questions ask here.

A lesson is unlocked as long as access to its module is open, unless the catalogue makes it wait: for the lesson before
it to be done, for a day of access, for a moment. What is done never locks again, nor does what an admin has unlocked
for this person; a free preview never waits.

Days are elapsed days with open access, from `bot.access_changes`: a gap or a pause does not count. Where another
application has changed an access, its days count from when that was first seen (`bot.seen_access`).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import lock_account
from db.errors import Refused


@dataclass(frozen=True, slots=True)
class Lock:
    """Why a lesson of an open access is locked: `after` is the number of the lesson that has to be done before it,
    `opens_at` when it unlocks; both where it waits for both. `too_late`: access ends before that."""

    after: int | None
    opens_at: datetime | None
    too_late: bool = False


class LessonWaits(Refused):
    """Access is open, the lesson is still locked."""

    lesson_id: int
    lock: Lock


# Lessons that were passed at least once; of :user_id, who may be nobody.
DONE = """
    select distinct p.lesson_id from progress p
    join bot.results r on r.id = p.result_id and r.passed
    where p.user_id = cast(:user_id as bigint)
"""

# Seconds with open access until :now, of the row `a` of usermoduleaccess, and those of each period, with its beginning.
# Each change opens a period that ends with it, with the next change, or, where somebody else has shortened it, as that
# change has met it.
ELAPSED = """
    select coalesce(sum(seconds), 0) as seconds, array_agg(at order by at, id) as beginnings,
           array_agg(seconds order by at, id) as periods
    from (
        select at, id, extract(epoch from greatest(least(ends_at, met, following, cast(:now as timestamptz)), at)
                                          - at) as seconds
        from (
            select at, id, ends_at, lead(at) over line as following,
                   case when lead(at) over line is null then a.ends_at else lead(before) over line end as met
            from (
                select c.created_at as at, c.id, c.before, c.after as ends_at from bot.access_changes c
                where c.user_id = a.user_id and c.module_id = a.module_id
                union all
                select s.seen_at, 0, null, s.ends_at from bot.seen_access s
                where s.user_id = a.user_id and s.module_id = a.module_id
            ) changes window line as (order by at, id)
        ) bounds
    ) opened
"""

# When access had been open for a lesson's days, which may be in an earlier period than the last; ahead as long as it
# was not.
REACHED = """
    select coalesce(min(beginning + make_interval(secs => days * 86400.0 - before)), 'infinity')
    from (select coalesce(l.unlock_days, u.days) as days) wanted
    join (
        select beginning, sum(seconds) over (order by place) as until, sum(seconds) over (order by place) - seconds
               as before
        from unnest(mine.beginnings, mine.periods) with ordinality as period (beginning, seconds, place)
    ) opened on opened.until >= days * 86400.0
"""


USER = "cast(:user_id as bigint)"


def lines(of: str = "true", user: str = USER) -> str:
    """SQL: all active lessons `l` of which that is so, in their places: (id, module_id, title, preview, position,
    number, count_, previous, following_, done, is_unlocked, after_, opens_at, since). A module is among them with all
    its lessons or not at all. Whether access is open is not asked here. `since`: from when on it waits for no moment,
    None where it never did; ahead, where it is unlocked all the same."""
    statement = f"""
    select line.*, preview or done or given or not (waits or soon is not null) as is_unlocked,
           case when waits then number - 1 end as after_, soon as opens_at
    from (
        select l.id, l.module_id, l.title, l.preview, l.position, row_number() over place as number,
               count(*) over (partition by l.module_id) as count_,
               lag(l.id) over place as previous, lead(l.id) over place as following_,
               done.lesson_id is not null as done, given.lesson_id is not null as given,
               coalesce(u.in_order and lag(done.lesson_id is null) over place, false) as waits,
               greatest(
                   case when coalesce(l.unlock_at, u.at) > cast(:now as timestamptz)
                        then coalesce(l.unlock_at, u.at) end,
                   case when coalesce(l.unlock_days, u.days) * 86400.0 > coalesce(mine.seconds, 0)
                        then cast(:now as timestamptz) + make_interval(
                            secs => coalesce(l.unlock_days, u.days) * 86400.0 - coalesce(mine.seconds, 0)) end
               ) as soon,
               greatest(
                   coalesce(l.unlock_at, u.at),
                   case when coalesce(l.unlock_days, u.days) > 0 then ({REACHED}) end
               ) as since
        from bot.lessons l
        left join ({DONE}) done on done.lesson_id = l.id
        left join bot.unlocked_lessons given on given.lesson_id = l.id and given.user_id = cast(:user_id as bigint)
        left join bot.unlocking u on u.module_id = l.module_id
        left join (
            select a.module_id, elapsed.*
            from usermoduleaccess a cross join lateral ({ELAPSED}) elapsed
            where a.user_id = cast(:user_id as bigint)
        ) mine on mine.module_id = l.module_id
        where l.active and {of}
        window place as (partition by l.module_id order by l.position, l.id)
    ) line
"""
    return statement.replace(USER, user)


def lock_of(row: Row[tuple[object, ...]], ends_at: datetime | None) -> Lock | None:
    """Of a row that has `is_unlocked`, `after_` and `opens_at`. `ends_at`: of the access, None for ever."""
    if row.is_unlocked:
        return None
    too_late = row.opens_at is not None and ends_at is not None and row.opens_at >= ends_at
    return Lock(row.after_, row.opens_at, too_late)


@dataclass(frozen=True, slots=True)
class WaitingLesson:
    """Of an access that is open. `number` counts from 1 in its module."""

    id: int
    number: int
    title: str
    module: str
    lock: Lock


LIST_WAITING = text(
    f"""
    select line.id, line.number, line.title, m.name as module, line.is_unlocked, line.after_, line.opens_at,
           nullif(a.ends_at, 'infinity') as ends_at
    from usermoduleaccess a
    join modules m on m.id = a.module_id
    cross join lateral ({lines("l.module_id = m.id")}) line
    where a.user_id = :user_id and a.ends_at > :now and not line.is_unlocked
    order by m.name, m.id, line.number limit :most
    """
)


async def list_waiting(session: AsyncSession, user_id: int, now: datetime, most: int) -> list[WaitingLesson]:
    """What is still locked in the courses that this person has access to."""
    rows = await session.execute(LIST_WAITING, {"user_id": user_id, "now": now, "most": most})
    found = ((row, lock_of(row, row.ends_at)) for row in rows)
    return [WaitingLesson(row.id, row.number, row.title, row.module, lock) for row, lock in found if lock]


UNLOCK = text(
    """
    insert into bot.unlocked_lessons (user_id, lesson_id, unlocked_by, unlocked_at)
    select :user_id, id, :unlocked_by, :now from bot.lessons where id = :lesson_id and active
    on conflict do nothing
    returning lesson_id
    """
)


async def unlock_lesson(
    session: AsyncSession, user_id: int, lesson_id: int, unlocked_by: int, now: datetime
) -> bool:
    """For this person, whatever the catalogue makes it wait for; whether it was not before."""
    user_id = await lock_account(session, user_id)
    values = {"user_id": user_id, "lesson_id": lesson_id, "unlocked_by": unlocked_by, "now": now}
    return await session.scalar(UNLOCK, values) is not None


# The end that was known last is that of our last change, or as it was seen since.
RECORD_SEEN = text(
    """
    insert into bot.seen_access (user_id, module_id, ends_at, seen_at)
    select a.user_id, a.module_id, a.ends_at, :now
    from usermoduleaccess a
    left join lateral (
        select ends_at from (
            select c.created_at as at, c.id, c.after as ends_at from bot.access_changes c
            where c.user_id = a.user_id and c.module_id = a.module_id
            union all
            select s.seen_at, 0, s.ends_at from bot.seen_access s
            where s.user_id = a.user_id and s.module_id = a.module_id
        ) changes order by at desc, id desc limit 1
    ) known on true
    where a.user_id = any(:user_ids) and a.ends_at > :now and a.ends_at is distinct from known.ends_at
      and exists (select from bot.unlocking u where u.module_id = a.module_id)
    """
)


async def record_seen_access(session: AsyncSession, user_ids: list[int], now: datetime) -> None:
    """Of these people: access that somebody else has changed since it was last looked at. Only that of modules whose
    lessons wait."""
    await session.execute(RECORD_SEEN, {"user_ids": user_ids, "now": now})
