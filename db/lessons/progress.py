"""How far a person is: lessons done of the `interval_count` that a module is divided into."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class ModuleProgress:
    """`done` of `count`, never more than all; `following` is the first lesson not done yet."""

    module_id: int
    module: str
    count: int
    done: int
    is_open: bool
    following: int | None

    @property
    def share(self) -> float:
        """0.0 to 1.0."""
        return self.done / self.count if self.count else 0.0


LIST_PROGRESS = """
with attempts as (
    select p.lesson_id, bool_or(r.passed) as passed from progress p
    left join bot.results r on r.id = p.result_id
    where p.user_id = :user_id group by p.lesson_id
), lines as (
    select l.module_id,
           count(*) filter (where l.active and attempts.passed) as done,
           count(attempts.lesson_id) as tried,
           (array_agg(l.id order by l.position, l.id)
            filter (where l.active and attempts.passed is not true))[1] as following
    from bot.lessons l left join attempts on attempts.lesson_id = l.id
    group by l.module_id
)
select m.id, m.name, m.interval_count, least(coalesce(lines.done, 0), m.interval_count) as done,
       coalesce(a.ends_at > :now, false) as is_open, lines.following
from modules m
left join lines on lines.module_id = m.id
left join usermoduleaccess a on a.module_id = m.id and a.user_id = :user_id
where a.id is not null or lines.tried > 0
order by m.id
"""


async def list_progress(session: AsyncSession, user_id: int, now: datetime) -> list[ModuleProgress]:
    """Modules that the person has or had access to, or has taken a lesson of."""
    rows = await session.execute(text(LIST_PROGRESS), {"user_id": user_id, "now": now})
    return [ModuleProgress(*row) for row in rows]
