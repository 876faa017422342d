"""Of what somebody is to be reminded at a moment: one statement, asked when reminders are planned, for a thousand
people, and for one when a reminder is sent: what is not so any more is not sent.

The outbox holds one row per person, kind and occasion. Of access people are reminded whenever it ends; of everything
else once a day at most.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from sqlalchemy import ARRAY, BigInteger, Boolean, DateTime, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.lessons.sittings import AWAKE, OPEN
from db.lessons.unlocking import lines


class Kind(StrEnum):
    """The kinds of rows in the outbox."""

    ENDS_IN_3 = "access_ends_in_3"
    ENDS_IN_1 = "access_ends_in_1"
    ENDED = "access_ended"
    LESSON = "lesson_unlocked"
    REVIEW = "review_due"
    IDLE = "idle"


class Group(StrEnum):
    """What can be muted."""

    ACCESS = "access"
    LESSON = "lesson"
    REVIEW = "review"
    IDLE = "idle"


GROUPS = {
    Kind.ENDS_IN_3: Group.ACCESS,
    Kind.ENDS_IN_1: Group.ACCESS,
    Kind.ENDED: Group.ACCESS,
    Kind.LESSON: Group.LESSON,
    Kind.REVIEW: Group.REVIEW,
    Kind.IDLE: Group.IDLE,
}
ORDER = list(Kind)  # of what is not access, the first is told


@dataclass(frozen=True, slots=True)
class Reminder:
    """`module_id`, `module` and `ends_at` (None for ever) are of an access, `lesson_id`, `number` and `title` of the
    lesson to take; `count`: questions to review, or days without a lesson."""

    user_id: int
    kind: Kind
    occasion: str
    module_id: int | None
    module: str
    ends_at: datetime | None
    lesson_id: int | None
    number: int
    title: str
    count: int

    @property
    def group(self) -> Group:
        return GROUPS[self.kind]


# Of who was given a few days, or had them taken, the end is known already.
ACCESS = """
    select s.id, case when a.ends_at <= :now then 'access_ended'
                      when a.ends_at <= :now + interval '24 hours' then 'access_ends_in_1'
                      else 'access_ends_in_3' end as kind, 'access' as grouped,
           a.module_id || ':' || floor(extract(epoch from a.ends_at)) as occasion,
           a.module_id, m.name as module, a.ends_at, null::bigint as lesson_id, 0 as number, '' as title, 0 as count
    from s
    join usermoduleaccess a on a.user_id = s.id
    join modules m on m.id = a.module_id
    left join lateral (
        select c.days, c.created_at from bot.access_changes c
        where c.user_id = a.user_id and c.module_id = a.module_id order by c.created_at desc, c.id desc limit 1
    ) last on true
    where a.ends_at > :now - interval '168 hours' and a.ends_at <= :now + interval '72 hours'
      and not coalesce(last.days < 0 and a.ends_at <= :now, false)
      and (a.ends_at <= :now + interval '24 hours'
           or coalesce(last.created_at < :now - interval '24 hours', true))
"""

# The first lesson to take in each open course: neither done nor locked.
NEXT = f"""
    select s.id, a.module_id, m.name as module, nullif(a.ends_at, 'infinity') as ends_at, line.id as lesson_id,
           line.number, line.title, line.since, line.preview
    from s
    join usermoduleaccess a on a.user_id = s.id and a.ends_at > :now
    join modules m on m.id = a.module_id
    cross join lateral (
        select * from ({lines("l.module_id = a.module_id", "s.id")}) one
        where not one.done and one.is_unlocked order by one.number limit 1
    ) line
"""

LESSON = """
    select id, 'lesson_unlocked', 'lesson', lesson_id::text, module_id, module, ends_at, lesson_id, number, title, 0
    from next join s using (id) where since > :now - interval '48 hours' and since <= :now and not preview
"""

# When somebody learnt last; who never has, since access opened.
LAST = """
    select s.id, greatest(
        (select max(t.started_at) from bot.attempts t where t.user_id = s.id),
        (select max(c.created_at) from bot.access_changes c where c.user_id = s.id and c.days > 0)) as at
    from s
"""

REVIEW = f"""
    select s.id, 'review_due', 'review', floor(extract(epoch from last.at) / 86400)::text, null, '', null, null, 0, '',
           due.count
    from s join last on last.id = s.id
    cross join lateral (
        select count(*) from {AWAKE} where c.user_id = s.id and c.due <= :now and {OPEN}
    ) due where due.count > 0 and last.at < :now - interval '12 hours'
"""

# After 3, 7 and 14 days, then no more.
IDLE = """
    select distinct on (next.id) next.id, 'idle', 'idle', floor(extract(epoch from last.at))::bigint || ':' || step,
           next.module_id, next.module, next.ends_at, next.lesson_id, next.number, next.title,
           floor(extract(epoch from :now - last.at) / 86400)::int
    from next join last on last.id = next.id join s on s.id = next.id
    cross join lateral (
        select max(step) as step from unnest(array[3, 7, 14]) step
        where last.at <= :now - make_interval(hours => 24 * step)
    ) idle
    where step is not null and last.at > :now - interval '720 hours'
    order by next.id, next.ends_at nulls last, next.module_id
"""

# Somebody's hour comes twice on the day on which they move west, or choose a later one. Between two days' are never
# fewer than 23 hours; what has waited for the morning is due then.
TOLD_TODAY = """
    found.grouped <> 'access' and exists (
        select from bot.outbox o
        where o.user_id = found.id and o.channel = 'telegram' and o.state in ('waiting', 'sending', 'sent', 'unknown')
          and o.kind in ('lesson_unlocked', 'review_due', 'idle') and o.due_at > :now - interval '20 hours')
"""

# `s`: people, and the moment for each of them. `fresh`: without what was told before, and one a day.
STATEMENT = f"""
    with s as (select id, now from unnest(:user_ids, :moments) as s (id, now)),
    next as ({NEXT}), last as ({LAST}),
    found as ({ACCESS} union all {LESSON} union all ({REVIEW}) union all ({IDLE}))
    select found.id, found.kind, found.occasion, found.module_id, found.module, found.ends_at, found.lesson_id,
           found.number, found.title, found.count
    from found join s on s.id = found.id left join bot.reminders r on r.user_id = found.id
    where not found.grouped = any(coalesce(r.muted, '{{}}'))
      and not (:fresh and exists (
          select from bot.outbox o
          where o.user_id = found.id and o.channel = 'telegram' and o.kind = found.kind
            and o.occasion = found.occasion))
      and not (:fresh and {TOLD_TODAY})
    order by found.id, found.module_id, found.number
"""
LIST_DUE = text(STATEMENT.replace("cast(:now as timestamptz)", "s.now").replace(":now", "s.now")).bindparams(
    bindparam("user_ids", type_=ARRAY(BigInteger)),
    bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
    bindparam("fresh", type_=Boolean),
)


async def list_due(
    session: AsyncSession, moments: Mapping[int, datetime], *, fresh: bool = True
) -> list[Reminder]:
    """Of these accounts, at their moments. `fresh`: without what they were told before, and one a day unless access
    ends."""
    values = {"user_ids": list(moments), "moments": list(moments.values()), "fresh": fresh}
    rows = await session.execute(LIST_DUE, values)
    return [Reminder(row[0], Kind(row[1]), *row[2:]) for row in rows]


def choose(found: Iterable[Reminder]) -> list[Reminder]:
    """Of each person: all that is about access; where nothing is, the first of the rest. `found` is by person."""
    chosen: list[Reminder] = []
    for _user_id, group in groupby(found, key=lambda one: one.user_id):
        of_person = list(group)
        access = [one for one in of_person if one.group is Group.ACCESS]
        chosen += access or sorted(of_person, key=lambda one: ORDER.index(one.kind))[:1]
    return chosen


async def get_due(
    session: AsyncSession, user_id: int, kind: str, occasion: str, now: datetime
) -> Reminder | None:
    """None where that is not so any more, or is muted."""
    found = await list_due(session, {user_id: now}, fresh=False)
    return next((one for one in found if (one.kind, one.occasion) == (kind, occasion)), None)
