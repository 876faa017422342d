"""Days of learning: on which something was answered, reviewed or finished here. `progress` has no time, so rows of the
other application are never such a day. A moment belongs to the day that it was then, in the zone that was one's own
then: who moves loses none of them.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy import ARRAY, DateTime, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

WEEKS = 10  # that are shown, the present one among them
HISTORY = timedelta(days=400)  # that a streak is looked for in
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LastLesson:
    """The lesson of a module that was finished last, and when."""

    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """`zone` was one's own until then."""

    until: datetime
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class LearningDays:
    """`days` by module, as far as HISTORY goes back; `last`: the lesson finished last, by module. Days end at midnight
    in `zone`, and before each of `moves` in its."""

    zone: tzinfo
    today: date
    days: dict[int, set[date]]
    last: dict[int, LastLesson]
    moves: Sequence[Move] = ()

    @property
    def all(self) -> set[date]:
        return set[date]().union(*self.days.values())

    @property
    def first_shown(self) -> date:
        """The Monday that WEEKS begin with."""
        return self.today - timedelta(days=self.today.weekday()) - timedelta(weeks=WEEKS - 1)

    def count_shown(self, module_id: int | None = None) -> int:
        """Days of learning in WEEKS, of one module or of all."""
        days = self.all if module_id is None else self.days.get(module_id, set())
        return sum(day >= self.first_shown for day in days)

    @property
    def streak(self) -> int:
        """Who has moved west may have learnt tomorrow."""
        return count_streak(self.all, max(self.all | {self.today}), list_shortened(self.moves, self.zone))


def list_shortened(moves: Sequence[Move], zone: tzinfo) -> set[date]:
    """Days that moving east has cut short, or leapt over: `moves` from the oldest on, and the zone since the last."""
    days = set[date]()
    for place, move in enumerate(moves):
        following = moves[place + 1].zone if place + 1 < len(moves) else zone
        before, after = (move.until.astimezone(one).replace(tzinfo=None) for one in (move.zone, following))
        if after > before:
            days |= {
                before.date() + DAY * number for number in range((after.date() - before.date()).days + 1)
            }
    return days


def count_streak(days: set[date], today: date, shortened: Set[date] = frozenset()) -> int:
    """Days of learning in a row up to today, which is not over yet. One day off a week (Monday to Sunday) ends
    nothing, and counts nothing; nor does a day that was shortened."""
    count, free, day = 0, set[date](), today if today in days else today - DAY
    while True:
        monday = day - timedelta(days=day.weekday())
        if day in days:
            count += 1
        elif day < min(days, default=day) or (monday in free and day not in shortened):
            return count
        elif day not in shortened:
            free.add(monday)
        day -= DAY


LIST_DAYS = text(
    """
    select distinct l.module_id, cast(timezone(coalesce((
        select move.zone from unnest(cast(:zones as text[]), cast(:untils as timestamptz[])) as move (zone, until)
        where move.until > learnt.at order by move.until limit 1
    ), :zone), learnt.at) as date) as day from (
        select q.lesson_id, a.answered_at as at from bot.attempts t
        join bot.answers a on a.attempt_id = t.id
        join bot.questions q on q.id = a.question_id
        where t.user_id = :user_id and a.answered_at >= :since
        union all
        select t.lesson_id, t.finished_at from bot.attempts t
        where t.user_id = :user_id and t.finished_at >= :since and t.result_id is not null
    ) learnt join bot.lessons l on l.id = learnt.lesson_id
    """
).bindparams(bindparam("zones", type_=ARRAY(Text)), bindparam("untils", type_=ARRAY(DateTime(timezone=True))))
LIST_LAST = text(
    """
    select distinct on (l.module_id) l.module_id, l.title, t.finished_at
    from bot.attempts t join bot.lessons l on l.id = t.lesson_id
    where t.user_id = :user_id and t.result_id is not null
    order by l.module_id, t.finished_at desc, t.id desc
    """
)


async def get_learning_days(
    session: AsyncSession, user_id: int, now: datetime, zone: tzinfo, moves: Sequence[Move] = ()
) -> LearningDays:
    """`zone`: whose midnight ends a day; all have names. `moves` from the oldest on."""
    values = {
        "user_id": user_id,
        "since": now - HISTORY,
        "zone": str(zone),
        "zones": [str(move.zone) for move in moves],
        "untils": [move.until for move in moves],
    }
    days: dict[int, set[date]] = {}
    for row in await session.execute(LIST_DAYS, values):
        days.setdefault(row.module_id, set()).add(row.day)
    rows = await session.execute(LIST_LAST, {"user_id": user_id})
    last = {row[0]: LastLesson(row[1], row[2]) for row in rows}
    return LearningDays(zone, now.astimezone(zone).date(), days, last, moves)
