"""How far a person is in a module: the one place that says what "all" and "done" are. Every screen asks here.

All: the `interval_count` that was agreed with the other application, for modules that are its own (adopted by the
catalogue, or not in it); for ours the lessons there are. Done: the lessons of these that were passed. Finished: none of
them is left, even where more were agreed than there are so far.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.lessons.unlocking import lines
from db.sql import text


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `count`, never more than all; `left` lessons are still to be passed."""

    count: int
    done: int
    left: int

    @property
    def share(self) -> float:
        """0.0 to 1.0."""
        return self.done / self.count if self.count else 0.0

    @property
    def finished(self) -> bool:
        return self.done > 0 and not self.left


@dataclass(frozen=True, slots=True)
class ModuleProgress:
    """`following` is the first lesson that is neither done nor locked; `ends_at` is None for ever and for never."""

    module_id: int
    module: str
    progress: Progress
    is_open: bool
    following: int | None
    ends_at: datetime | None


# To be joined by module_id: (module_id, count, done, left_, following, coming) of every module. `following` is the
# first lesson that is neither done nor locked; `coming` is when the next one unlocks by itself.
COUNTS = f"""
    select m.id as module_id, of_module.count, least(lines.done, of_module.count) as done,
           lines.active - lines.done as left_, lines.following, lines.coming
    from modules m
    left join bot.catalogue_keys k on k.module_id = m.id
    cross join lateral (
        select count(*) as active, count(*) filter (where one.done) as done,
               (array_agg(one.id order by one.position, one.id) filter (where not one.done and one.is_unlocked))[1]
                   as following,
               min(one.opens_at) filter (where not one.is_unlocked and one.after_ is null) as coming
        from ({lines("l.module_id = m.id")}) one
    ) lines
    cross join lateral (
        select case when k.module_id is not null and not k.adopted or m.interval_count < 1
                    then lines.active else m.interval_count end as count
    ) of_module
"""

GET_PROGRESS = f"select count, done, left_ from ({COUNTS}) counts where module_id = :module_id"

LIST_PROGRESS = f"""
select m.id, m.name, counts.count as count_, counts.done, counts.left_, coalesce(a.ends_at > :now, false) as is_open,
       counts.following, nullif(a.ends_at, 'infinity') as ends_at
from modules m
join ({COUNTS}) counts on counts.module_id = m.id
left join usermoduleaccess a on a.module_id = m.id and a.user_id = :user_id
where a.id is not null or exists (
    select from progress p join bot.lessons l on l.id = p.lesson_id
    where p.user_id = :user_id and l.module_id = m.id
)
order by m.id
"""


async def get_progress(session: AsyncSession, user_id: int, module_id: int, now: datetime) -> Progress:
    """Of a module that is there."""
    values = {"user_id": user_id, "module_id": module_id, "now": now}
    return Progress(*(await session.execute(text(GET_PROGRESS), values)).one())


async def list_progress(session: AsyncSession, user_id: int, now: datetime) -> list[ModuleProgress]:
    """Modules that the person has or had access to, or has taken a lesson of."""
    rows = await session.execute(text(LIST_PROGRESS), {"user_id": user_id, "now": now})
    return [
        ModuleProgress(
            row.id,
            row.name,
            Progress(row.count_, row.done, row.left_),
            row.is_open,
            row.following,
            row.ends_at,
        )
        for row in rows
    ]
