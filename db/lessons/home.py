"""A learner's courses as home shows them, and the lesson to go on with."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.lessons.progress import COUNTS, DONE, Progress


@dataclass(frozen=True, slots=True)
class NextLesson:
    """`number` counts from 1 in its module."""

    id: int
    module_id: int
    number: int
    title: str


@dataclass(frozen=True, slots=True)
class Course:
    """A module that the learner has or had access to: `ends_at` is None for ever. `following` is the first lesson not
    done yet, None where access has ended."""

    module_id: int
    module: str
    is_open: bool
    ends_at: datetime | None
    progress: Progress
    following: NextLesson | None


# All lessons that there are, with their numbers.
NUMBERED = """
    select l.id, l.module_id, l.title, l.preview,
           row_number() over (partition by l.module_id order by l.position, l.id) as number
    from bot.lessons l where l.active
"""

LIST_COURSES = f"""
select m.id as module_id, m.name as module, a.ends_at > :now as is_open, nullif(a.ends_at, 'infinity') as ends_at,
       counts.count as count_, counts.done, counts.left_, line.id, line.number, line.title
from usermoduleaccess a
join modules m on m.id = a.module_id
join ({COUNTS}) counts on counts.module_id = m.id
left join lateral (
    select numbered.* from ({NUMBERED} and l.module_id = m.id) numbered where numbered.id = counts.following
) line on a.ends_at > :now
where a.user_id = :user_id
order by is_open desc, case when a.ends_at > :now then a.ends_at end, a.ends_at desc, m.name, m.id
"""

GET_FREE_LESSON = f"""
with done as ({DONE})
select line.id, line.module_id, line.number, line.title from ({NUMBERED}) line
where line.preview and line.module_id = coalesce(cast(:module_id as bigint), line.module_id)
  and not exists (select from done where lesson_id = line.id)
order by line.module_id is distinct from cast(:last as bigint), line.module_id, line.number limit 1
"""


async def list_courses(session: AsyncSession, user_id: int, now: datetime) -> list[Course]:
    """What is open first, the soonest end first; then what has ended, the latest first."""
    rows = await session.execute(text(LIST_COURSES), {"user_id": user_id, "now": now})
    return [_course(row) for row in rows]


def _course(row: Row[tuple[object, ...]]) -> Course:
    following = NextLesson(row.id, row.module_id, row.number, row.title) if row.id else None
    progress = Progress(row.count_, row.done, row.left_)
    return Course(row.module_id, row.module, row.is_open, row.ends_at, progress, following)


async def get_free_lesson(
    session: AsyncSession,
    user_id: int | None = None,
    module_id: int | None = None,
    last: int | None = None,
) -> NextLesson | None:
    """The first free lesson that this person (`user_id` None: who has no account) has not done: of the module, or of
    any, those of the module used `last` first."""
    values = {"user_id": user_id, "module_id": module_id, "last": last}
    row = (await session.execute(text(GET_FREE_LESSON), values)).one_or_none()
    return NextLesson(*row) if row else None
