"""A learner's courses as home shows them, and the lesson to go on with."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from db.ahead import Ahead
from db.lessons.progress import COUNTS, Progress
from db.lessons.sittings import COUNT_DUE
from db.lessons.unlocking import DONE
from db.sql import text


@dataclass(frozen=True, slots=True)
class NextLesson:
    """`number` counts from 1 in its module."""

    id: int
    module_id: int
    number: int
    title: str


@dataclass(frozen=True, slots=True)
class Course:
    """A module that the learner has or had access to: `ends_at` is None for ever. `following` is the first lesson
    that is neither done nor locked, None where access has ended; `coming` is when the next one unlocks by itself."""

    module_id: int
    module: str
    is_open: bool
    ends_at: datetime | None
    progress: Progress
    following: NextLesson | None
    coming: datetime | None = None


# All lessons that there are, with their numbers.
NUMBERED = """
    select l.id, l.module_id, l.title, l.preview,
           row_number() over (partition by l.module_id order by l.position, l.id) as number
    from bot.lessons l where l.active
"""


@dataclass(frozen=True, slots=True)
class Learning:
    """`courses`: what is open first, the soonest end first; then what has ended, the latest first. `due`: questions to
    review now."""

    courses: list[Course]
    due: int


# One row at least: who has no course may have questions of free lessons to review.
GET_LEARNING = f"""
select due.count as due, courses.* from ({COUNT_DUE}) due left join (
select m.id as module_id, m.name as module, a.ends_at > :now as is_open, nullif(a.ends_at, 'infinity') as ends_at,
       a.ends_at as access_ends_at, counts.count as count_, counts.done, counts.left_, line.id, line.number, line.title,
       counts.coming
from usermoduleaccess a
join modules m on m.id = a.module_id
join ({COUNTS}) counts on counts.module_id = m.id
left join lateral (
    select numbered.* from ({NUMBERED} and l.module_id = m.id) numbered where numbered.id = counts.following
) line on a.ends_at > :now
where a.user_id = :user_id
) courses on true
order by is_open desc, case when is_open then access_ends_at end, access_ends_at desc, module, module_id
"""

GET_FREE_LESSON = f"""
with done as ({DONE})
select line.id, line.module_id, line.number, line.title from ({NUMBERED}) line
where line.preview and line.module_id = coalesce(cast(:module_id as bigint), line.module_id)
  and not exists (select from done where lesson_id = line.id)
order by line.module_id is distinct from cast(:last as bigint), line.module_id, line.number limit 1
"""


LEARNING_AHEAD = Ahead(text(GET_LEARNING), {})


async def get_learning(session: AsyncSession, user_id: int, now: datetime) -> Learning:
    """One statement, since home asks for it all the time."""
    rows = (await session.execute(text(GET_LEARNING), {"user_id": user_id, "now": now})).all()
    return Learning([_course(row) for row in rows if row.module_id], rows[0].due)


def _course(row: Row[tuple[object, ...]]) -> Course:
    following = NextLesson(row.id, row.module_id, row.number, row.title) if row.id else None
    progress = Progress(row.count_, row.done, row.left_)
    coming = row.coming if row.is_open and not following else None
    return Course(row.module_id, row.module, row.is_open, row.ends_at, progress, following, coming)


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
