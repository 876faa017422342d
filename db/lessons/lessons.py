"""Lessons: what is in a module, whether a person may take it, and what they have done.

A lesson is done once `progress` holds an attempt at it whose result passed; rows of the other application count like
ours. `progress` may name lessons that are none of ours: those are left alone. Free previews are open for everyone, also
for people without an account (`user_id` None), who have no progress.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import lock_account
from db.ahead import Ahead
from db.errors import LessonLocked, LessonUnknown
from db.lessons.progress import COUNTS, Progress, get_progress
from db.lessons.unlocking import DONE, LessonWaits, Lock, lines, lock_of
from db.locks import lock
from db.sql import text


@dataclass(frozen=True, slots=True)
class ModuleLessons:
    """`previews` counts the free lessons."""

    id: int
    name: str
    is_open: bool
    previews: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class LessonLine:
    """A lesson in the list of its module; `number` counts from 1. `lock`: what it waits for, where access is open."""

    id: int
    number: int
    title: str
    preview: bool
    done: bool
    lock: Lock | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """A module with its lessons. `has_ended`: there was access once; `ends_at` is None for ever and for never."""

    module_id: int
    module: str
    is_open: bool
    has_ended: bool
    ends_at: datetime | None
    progress: Progress
    lessons: tuple[LessonLine, ...]


@dataclass(frozen=True, slots=True)
class LessonName:
    id: int
    title: str


async def find_lesson_by_media(session: AsyncSession, media: str) -> LessonName | None:
    """The first active lesson that shows the file of that address or id, or whose questions do."""
    query = text(
        "select id, title from bot.lessons where media = :media"
        " or id in (select lesson_id from bot.questions where picture = :media) order by active desc, id limit 1"
    )
    row = (await session.execute(query, {"media": media})).one_or_none()
    return LessonName(*row) if row else None


@dataclass(frozen=True, slots=True)
class LessonPage:
    """`text` is written in `markup`, and shown in the kind of message that `format` says. `is_open` is whether this
    person may take it now; `number` counts from 1, `questions` those that are asked. `lock`: what it waits for although
    access is open."""

    id: int
    module_id: int
    module: str
    title: str
    text: str
    media_kind: str | None
    media: str | None
    preview: bool
    number: int
    count: int
    previous: int | None
    following: int | None
    is_open: bool
    done: bool
    questions: int
    markup: str
    format: str
    protect_content: bool
    lock: Lock | None = None


@dataclass(frozen=True, slots=True)
class FinishedLesson:
    """With the progress in its module since."""

    lesson: LessonPage
    progress: Progress


LIST_MODULES = f"""
select m.id, m.name, coalesce(a.ends_at > :now, false) as is_open,
       count(*) filter (where l.preview) as previews, counts.count as count_, counts.done, counts.left_
from modules m
join ({COUNTS}) counts on counts.module_id = m.id
join bot.lessons l on l.module_id = m.id and l.active
left join usermoduleaccess a on a.module_id = m.id and a.user_id = cast(:user_id as bigint)
group by m.id, m.name, a.ends_at, counts.count, counts.done, counts.left_
order by m.id
"""

GET_CONTENTS = f"""
select m.id as module_id, m.name as module, a.ends_at > :now as is_open, nullif(a.ends_at, 'infinity') as ends_at,
       line.id, line.number, line.title, line.preview, line.done, line.is_unlocked, line.after_, line.opens_at,
       counts.count as count_, counts.done as done_, counts.left_
from modules m
join ({COUNTS}) counts on counts.module_id = m.id
left join usermoduleaccess a on a.module_id = m.id and a.user_id = cast(:user_id as bigint)
left join ({lines("l.module_id = :module_id")}) line on true
where m.id = :module_id
order by line.number
"""

LOCK_COLUMNS = 5  # of GET_LESSON, the last ones
GET_LESSON = f"""
select l.id, l.module_id, m.name as module, l.title, l.text, l.media_kind, l.media, l.preview,
       line.number, line.count_, line.previous, line.following_,
       l.preview or coalesce(a.ends_at > :now and line.is_unlocked, false) as is_open, line.done,
       (select count(*) from bot.questions q where q.lesson_id = l.id and q.active) as questions,
       l.markup, coalesce(o.format, 'classic') as format, coalesce(o.protect_content, false) as protect_content,
       line.is_unlocked, line.after_, line.opens_at,
       coalesce(a.ends_at > :now, false) as has_access, nullif(a.ends_at, 'infinity') as ends_at
from ({lines("l.module_id = (select module_id from bot.lessons where id = :lesson_id)")}) line
join bot.lessons l on l.id = line.id
join modules m on m.id = l.module_id
left join bot.module_options o on o.module_id = m.id
left join usermoduleaccess a on a.module_id = m.id and a.user_id = cast(:user_id as bigint)
where line.id = :lesson_id
"""

# The passing result with the lowest position, unless there is a passing one already; attempts have a time.
RECORD_FINISHED = f"""
with done as ({DONE}), written as (
    insert into progress (user_id, lesson_id, result_id)
    select cast(:user_id as bigint), :lesson_id, r.id from bot.results r
    where r.passed and not exists (select from done where lesson_id = :lesson_id)
    order by r.position, r.id limit 1
    returning user_id, lesson_id, result_id
)
insert into bot.attempts (user_id, lesson_id, seed, started_at, finished_at, result_id, asked, answered_right)
select user_id, lesson_id, 0, :now, :now, result_id, 0, 0 from written
"""


async def list_modules(session: AsyncSession, user_id: int | None, now: datetime) -> list[ModuleLessons]:
    """Every module that has lessons."""
    rows = await session.execute(text(LIST_MODULES), {"user_id": user_id, "now": now})
    return [
        ModuleLessons(row.id, row.name, row.is_open, row.previews, Progress(row.count_, row.done, row.left_))
        for row in rows
    ]


async def get_contents(
    session: AsyncSession, module_id: int, user_id: int | None, now: datetime
) -> Contents | None:
    """None where there is no such module."""
    values = {"module_id": module_id, "user_id": user_id, "now": now}
    rows = (await session.execute(text(GET_CONTENTS), values)).all()
    if not rows:
        return None
    first = rows[0]
    return Contents(
        module_id=first.module_id,
        module=first.module,
        is_open=first.is_open is True,
        has_ended=first.is_open is False,
        ends_at=first.ends_at,
        progress=Progress(first.count_, first.done_, first.left_),
        lessons=tuple(_line(row) for row in rows if row.id),
    )


def _line(row: Row[tuple[object, ...]]) -> LessonLine:
    lock = lock_of(row, row.ends_at) if row.is_open else None
    return LessonLine(row.id, row.number, row.title, row.preview, row.done, lock)


async def get_next_lesson(
    session: AsyncSession, user_id: int, module_id: int, now: datetime
) -> LessonLine | None:
    """The module's first lesson that is neither done nor locked."""
    found = await get_contents(session, module_id, user_id, now)
    return next((line for line in found.lessons if not (line.done or line.lock)), None) if found else None


def lesson_ahead(lesson_id: int) -> Ahead:
    return Ahead(text(GET_LESSON), {"lesson_id": lesson_id})


async def get_lesson(session: AsyncSession, lesson_id: int, user_id: int | None, now: datetime) -> LessonPage:
    """Raises LessonUnknown, also for a withdrawn one."""
    values = {"lesson_id": lesson_id, "user_id": user_id, "now": now}
    row = (await session.execute(text(GET_LESSON), values)).one_or_none()
    if row is None:
        raise LessonUnknown(lesson_id)
    lock = lock_of(row, row.ends_at) if row.has_access else None
    return replace(LessonPage(*row[:-LOCK_COLUMNS]), lock=lock)


async def record_finished(
    session: AsyncSession, user_id: int, page: LessonPage, now: datetime
) -> FinishedLesson:
    """One row of progress, however often and from however many places at once. `page` as that person has just read
    it. Raises LessonLocked, LessonWaits."""
    if page.lock is not None and not page.is_open:
        raise LessonWaits(page.id, page.lock)
    if not page.is_open:
        raise LessonLocked(page.id, page.module_id)
    user_id = await lock_account(session, user_id)
    await lock(session, f"progress:{user_id}:{page.id}")
    await session.execute(text(RECORD_FINISHED), {"user_id": user_id, "lesson_id": page.id, "now": now})
    return FinishedLesson(page, await get_progress(session, user_id, page.module_id, now))
