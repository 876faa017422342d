"""For the teacher: the hardest questions, where people stop, and who is stuck. Each figure is one statement, which
stands in docs/operating.md#figures-of-learning as well; a test holds both together."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.lessons.unlocking import lines


@dataclass(frozen=True, slots=True)
class HardQuestion:
    """Of `asked` people the first try of `missed` was wrong, when they took the lesson for the first time."""

    id: int
    text: str
    lesson: str
    asked: int
    missed: int


@dataclass(frozen=True, slots=True)
class StopLesson:
    """`people` have begun the course, stand before this lesson, could take it, and have done nothing in the course for
    a week."""

    id: int
    title: str
    module: str
    people: int


@dataclass(frozen=True, slots=True)
class StuckPerson:
    """Such a person whose access is open, since when, and the lesson they stand before."""

    user_id: int
    name: str | None
    since: datetime
    lesson: str
    module: str


# By the share of people whose first try was wrong, drawn to one half where few have tried. Whoever takes a lesson once
# more knows its answers.
LIST_HARDEST = """
select q.id, q.text, l.title, count(*) as asked, count(*) filter (where not a.is_right) as missed
from bot.answers a
join (
    select distinct on (user_id, lesson_id) id from bot.attempts
    where lesson_id is not null and finished_at is not null and asked > 0
    order by user_id, lesson_id, finished_at, id
) t on t.id = a.attempt_id
join bot.questions q on q.id = a.question_id and q.active
join bot.lessons l on l.id = q.lesson_id and l.active
where a.number = 1
group by q.id, q.text, l.title
having count(*) filter (where not a.is_right) > 0
order by (count(*) filter (where not a.is_right) + 1.0) / (count(*) + 2) desc, q.id
"""
# Since when the lesson `next` of `begun` could be taken: null where it did not wait, infinity where it still does.
# Asked only of lessons that may wait: of all it would take a minute in a large school.
TAKEABLE = f"""
    case when next.waits then (
        select case when not line.is_unlocked then 'infinity' when line.since <= :now then line.since end
        from ({lines("l.module_id = begun.module_id", "begun.user_id")}) line where line.id = next.id
    ) end
"""
STOPPED = f"""
with stopped as (
    select * from (
        select begun.user_id, begun.module_id, greatest(begun.at, {TAKEABLE}) as at, next.id as lesson_id, next.title
        from (
            select t.user_id, l.module_id, max(coalesce(
                t.finished_at, (select max(answered_at) from bot.answers where attempt_id = t.id), t.started_at
            )) as at
            from bot.attempts t join bot.lessons l on l.id = t.lesson_id
            group by t.user_id, l.module_id
        ) begun
        cross join lateral (
            select l.id, l.title,
                   coalesce(l.unlock_at, u.at) is not null or coalesce(l.unlock_days, u.days) is not null as waits
            from bot.lessons l left join bot.unlocking u on u.module_id = l.module_id
            where l.module_id = begun.module_id and l.active and not exists (
                select from progress p join bot.results r on r.id = p.result_id and r.passed
                where p.user_id = begun.user_id and p.lesson_id = l.id
            )
            order by l.position, l.id limit 1
        ) next
        where begun.at < cast(:now as timestamptz) - interval '7 days'
    ) before
    where at < cast(:now as timestamptz) - interval '7 days'
)
"""
LIST_STOPS = f"""{STOPPED}
select s.lesson_id, s.title, m.name, count(*) as people
from stopped s join modules m on m.id = s.module_id
group by s.lesson_id, s.title, m.name
order by people desc, s.lesson_id
"""
LIST_STUCK = f"""{STOPPED}
select s.user_id, u.name, s.at, s.title, m.name
from stopped s
join modules m on m.id = s.module_id
join users u on u.id = s.user_id
join usermoduleaccess a on a.user_id = s.user_id and a.module_id = s.module_id and a.ends_at > :now
order by s.at desc, s.user_id, s.module_id
"""


async def list_hardest(session: AsyncSession, limit: int) -> list[HardQuestion]:
    rows = await session.execute(text(f"{LIST_HARDEST} limit :limit"), {"limit": limit})
    return [HardQuestion(*row) for row in rows]


async def list_stops(session: AsyncSession, now: datetime, limit: int) -> list[StopLesson]:
    """Where most people stop first."""
    rows = await session.execute(text(f"{LIST_STOPS} limit :limit"), {"now": now, "limit": limit})
    return [StopLesson(*row) for row in rows]


async def list_stuck(session: AsyncSession, now: datetime, limit: int) -> list[StuckPerson]:
    """Who has stopped last first: they are the easiest to win back."""
    rows = await session.execute(text(f"{LIST_STUCK} limit :limit"), {"now": now, "limit": limit})
    return [StuckPerson(*row) for row in rows]
