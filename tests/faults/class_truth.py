"""What is true of a learner of the simulated class, reckoned from nothing but what they did: the rules once more, in
plain Python, so that nothing of ours judges itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SLACK = timedelta(seconds=30)  # a machine's own seconds pass in the simulated world too
ACCESS = {"ends in 3 days", "ends in 1 day", "ended"}


@dataclass(frozen=True)
class Lesson:
    """`days` with open access and the moment `at` are waited for; so is the lesson before, except by a free one."""

    number: int
    days: int = 0
    at: datetime | None = None
    free: bool = False


@dataclass(frozen=True)
class Told:
    """A reminder as the chat shows it. `kind` is one of a table's rows."""

    at: datetime
    kind: str
    text: str


@dataclass
class Learner:
    """`opened`: periods with open access, [from, until]; `cards`: when a question is to be reviewed; `absences`:
    periods in which the bot was blocked; `restless`: moments at which anything about them was changed."""

    lessons: Sequence[Lesson]
    zone: ZoneInfo
    hour: int = 12
    opened: list[list[datetime]] = field(default_factory=list)
    opened_last: datetime | None = None
    done: dict[int, datetime] = field(default_factory=dict)
    cards: list[datetime] = field(default_factory=list)
    muted: set[str] = field(default_factory=set)
    away: bool = False
    absences: list[list[datetime]] = field(default_factory=list)
    restless: list[datetime] = field(default_factory=list)
    ends: list[datetime] = field(default_factory=list)
    told: dict[tuple[object, ...], datetime] = field(default_factory=dict)
    days_told: list[date] = field(default_factory=list)

    def leave_or_return(self, now: datetime) -> None:
        if self.away:
            self.absences[-1][1] = now
        else:
            self.absences.append([now, now + 1000 * DAY])
        self.away = not self.away

    def open_for(self, days: int, now: datetime) -> None:
        if self.opened and self.opened[-1][1] > now:
            self.opened[-1][1] += days * DAY
        else:
            self.ends += [self.opened[-1][1]] if self.opened else []
            self.opened.append([now, now + days * DAY])
        self.opened_last = now

    @property
    def end(self) -> datetime | None:
        return self.opened[-1][1] if self.opened else None

    def is_open(self, at: datetime) -> bool:
        return self.end is not None and at < self.end

    def since(self, lesson: Lesson) -> datetime | None:
        """From when on it waits for no moment; None where that is not known to come."""
        moments, left = [lesson.at] if lesson.at else [], lesson.days * DAY
        for begins, ends in self.opened:
            if left <= ends - begins:
                return max([*moments, begins + left])
            left -= ends - begins
        return None

    def is_unlocked(self, number: int, at: datetime) -> bool:
        """Whether access is open is not asked here."""
        lesson = self.lessons[number - 1]
        if lesson.free or number in self.done:
            return True
        since = self.since(lesson)
        return (number == 1 or number - 1 in self.done) and since is not None and since <= at

    def following(self, at: datetime) -> int | None:
        """The lesson to take."""
        can_take = (
            lesson.number
            for lesson in self.lessons
            if lesson.number not in self.done
            and (lesson.free or self.is_open(at))
            and self.is_unlocked(lesson.number, at)
        )
        return next(can_take, None)

    def mark(self, number: int, at: datetime) -> str:
        """That the list of lessons shows before its name."""
        lesson = self.lessons[number - 1]
        if not (lesson.free or (self.is_open(at) and self.is_unlocked(number, at))):
            return "🔒"
        if number in self.done:
            return "✅"
        return "▫️" if self.is_open(at) else "🎁"

    def judge(self, one: Told) -> list[str]:
        """What is wrong with a reminder: "wrong" (not so), "at night", "twice", "two a day"; and keeps it."""
        found, local = [], one.at.astimezone(self.zone)
        key = max(
            (self._key(one, one.at + shift) for shift in (-SLACK, timedelta(0))),
            key=lambda key: key is not None,
        )
        if key is None or self.away:
            found.append("wrong")
        if not 8 <= local.hour < 22:
            found.append("at night")
        if key in self.told:
            found.append("twice")
        if one.kind not in ACCESS:
            if local.date() in self.days_told:
                found.append("two a day")
            self.days_told.append(local.date())
        self.told[key or (one.kind, one.at)] = one.at
        return found

    def _key(self, one: Told, at: datetime) -> tuple[object, ...] | None:
        """The occasion it tells of, None where there is none at that moment."""
        if one.kind in ACCESS:
            return self._of_access(one.kind, at)
        last = max([*self.done.values(), *([self.opened_last] if self.opened_last else [])])
        if one.kind == "review due":
            return ("review", last) if self._is_review(one, last, at) else None
        number = self.following(at)
        if number is None or not self.is_open(at) or f"{number}. Lesson {number}" not in one.text:
            return None
        if one.kind == "lesson unlocked":
            since, free = self.since(self.lessons[number - 1]), self.lessons[number - 1].free
            is_new = since is not None and at - 2 * DAY < since <= at and not free
            return ("lesson", number) if is_new and "lesson" not in self.muted else None
        days = (at - last) // DAY
        said = re.search(r"(\d+) (?:день|дня|дней) назад", one.text)
        if "idle" in self.muted or days < 3 or said is None or int(said[1]) != days:
            return None
        return ("idle", last, max(step for step in (3, 7, 14) if step <= days))

    def _of_access(self, kind: str, at: datetime) -> tuple[object, ...] | None:
        if self.end is None or "access" in self.muted:
            return None
        left = self.end - at
        is_so = {
            "ends in 3 days": DAY < left <= 3 * DAY,
            "ends in 1 day": timedelta(0) < left <= DAY,
            "ended": -7 * DAY < left <= timedelta(0),
        }[kind]
        return (kind, self.end) if is_so else None

    def _is_review(self, one: Told, last: datetime, at: datetime) -> bool:
        due = sum(card <= at for card in self.cards)
        said = re.search(r"повторить (\d+)", one.text)
        rested = at - last >= 12 * HOUR
        return (
            "review" not in self.muted
            and said is not None
            and int(said[1]) == due > 0
            and self.is_open(at)
            and rested
        )

    def missed(self, until: datetime, jumps: Sequence[datetime]) -> list[datetime]:
        """Ends of access that nobody told of, though nothing happened to the learner around them."""
        last = [self.end] if self.end and self.end < until else []
        return [
            end
            for end in (*self.ends, *last)
            if self._should_hear(end, until, jumps) and not self._heard(end)
        ]

    def _should_hear(self, end: datetime, until: datetime, jumps: Sequence[datetime]) -> bool:
        around = (end - 2 * HOUR, end + 28 * HOUR)
        quiet = not any(around[0] < moment < around[1] for moment in (*self.restless, *jumps))
        there = not any(away < around[1] and back > around[0] for away, back in self.absences)
        return quiet and there and around[1] < until and "access" not in self.muted

    def _heard(self, end: datetime) -> bool:
        return ("ended", end) in self.told
