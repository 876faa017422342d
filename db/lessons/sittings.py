"""What is to be reviewed now. Cards sleep while access to their lesson's module is closed, or the lesson or question is
withdrawn: they are not due, and not lost."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MAX_REVIEWS = 10  # questions a sitting

# Cards `c` of :user_id that are awake, with their questions `q` and lessons `l`.
AWAKE = """
    bot.cards c
    join bot.questions q on q.id = c.question_id and q.active
    join bot.lessons l on l.id = q.lesson_id and l.active
    left join usermoduleaccess a on a.user_id = c.user_id and a.module_id = l.module_id
"""
OPEN = "(l.preview or a.ends_at > :now)"

# The most overdue first; those that this sitting has answered finally are due no more.
GET_DUE_QUESTION = text(
    f"""
    with answered as (
        select question_id from bot.answers where attempt_id = :attempt_id and is_final
    ), due as (
        select c.question_id as id, c.due from {AWAKE}
        where c.user_id = :user_id and c.due <= :now and {OPEN}
          and c.question_id not in (select question_id from answered)
        order by c.due, c.question_id limit :most
    ), done as (select count(*) as count from answered)
    select q.*, l.title, done.count + 1 as number, least(:most, done.count + (select count(*) from due)) as count_
    from due join bot.questions q on q.id = due.id join bot.lessons l on l.id = q.lesson_id, done
    where done.count < :most
    order by due.due, due.id limit 1
    """
)

COUNT_DUE = f"select count(*) from {AWAKE} where c.user_id = :user_id and c.due <= :now and {OPEN}"


@dataclass(frozen=True, slots=True)
class Due:
    """`count` questions to review now; `following`: when the next one is due after them, None where there is none."""

    count: int
    following: datetime | None


GET_DUE = text(
    f"""
    select count(*) filter (where c.due <= :now) as count, min(c.due) filter (where c.due > :now) as following
    from {AWAKE} where c.user_id = :user_id and {OPEN}
    """
)


async def get_due(session: AsyncSession, user_id: int, now: datetime) -> Due:
    return Due(*(await session.execute(GET_DUE, {"user_id": user_id, "now": now})).one())
