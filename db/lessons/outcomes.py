"""How attempts end: by the share of right answers, with one row of `progress` for each attempt at a lesson."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a finished attempt ended. `result` is None for a review, and where the school has no results."""

    asked: int
    right: int
    result: str | None
    passed: bool
    finished_at: datetime | None


# The result with the highest share that was reached; of several, one that passes, then by their order. An attempt at a
# lesson whose questions were all withdrawn meanwhile counts as one without questions.
FINISH = text(
    """
    with counted as (
        select count(*) as asked, count(*) filter (where is_right) as answered_right
        from bot.answers where attempt_id = :id and is_final
    ), reached as (
        select r.id from bot.results r, counted
        where coalesce(r.share, 0) <= case when asked = 0 then 100 else 100 * answered_right / asked end
        order by coalesce(r.share, 0) desc, r.passed desc, r.position, r.id limit 1
    ), finished as (
        update bot.attempts a
        set finished_at = :now, chosen = '{}', asked = counted.asked, answered_right = counted.answered_right,
            result_id = case when a.lesson_id is not null then (select id from reached) end
        from counted where a.id = :id and a.finished_at is null
        returning a.user_id, a.lesson_id, a.result_id
    )
    insert into progress (user_id, lesson_id, result_id)
    select user_id, lesson_id, result_id from finished where result_id is not null
    """
)


async def finish(session: AsyncSession, attempt_id: int, now: datetime) -> None:
    """One row of `progress` per attempt at a lesson, however often: of a finished one nothing changes."""
    await session.execute(FINISH, {"id": attempt_id, "now": now})


GET_OUTCOME = text(
    """
    select a.asked, a.answered_right, r.name, r.passed, a.finished_at from bot.attempts a
    left join bot.results r on r.id = a.result_id where a.id = :id
    """
)


async def get_outcome(session: AsyncSession, attempt_id: int) -> Outcome:
    """Of a finished attempt."""
    row = (await session.execute(GET_OUTCOME, {"id": attempt_id})).one()
    return Outcome(row.asked or 0, row.answered_right or 0, row.name, bool(row.passed), row.finished_at)
