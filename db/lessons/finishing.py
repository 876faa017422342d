"""Courses done to their end: once per person and course, whatever lessons are added or done again later."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import lock_account
from db.lessons.progress import get_progress

# The other application's rows of `progress` bear no time: what is known is when the last of our own lessons was passed.
RECORD = text(
    """
    insert into bot.finished_courses (user_id, module_id, finished_at)
    select :user_id, :module_id, coalesce(max(passed.at), :now) from (
        select min(a.finished_at) as at from bot.attempts a
        join bot.lessons l on l.id = a.lesson_id and l.active
        join bot.results r on r.id = a.result_id and r.passed
        where a.user_id = :user_id and l.module_id = :module_id
        group by a.lesson_id
    ) passed
    on conflict do nothing
    """
)
GET = text("select finished_at from bot.finished_courses where (user_id, module_id) = (:user_id, :module_id)")


async def get_finished_at(session: AsyncSession, user_id: int, module_id: int) -> datetime | None:
    found: datetime | None = await session.scalar(GET, {"user_id": user_id, "module_id": module_id})
    return found


async def record_finished_course(
    session: AsyncSession, user_id: int, module_id: int, now: datetime
) -> datetime | None:
    """When this person had first done all lessons of the module; None where they have not. A lesson that was added
    since changes nothing."""
    if (known := await get_finished_at(session, user_id, module_id)) is not None:
        return known
    if not (await get_progress(session, user_id, module_id, now)).finished:
        return None
    user_id = await lock_account(session, user_id)
    await session.execute(RECORD, {"user_id": user_id, "module_id": module_id, "now": now})
    return await get_finished_at(session, user_id, module_id)
