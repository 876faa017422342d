"""Where a run is to be hurt: at the n-th passing of one statement, commit or call, in one way."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Way(StrEnum):
    """CUT: the connection breaks before the request gets through. LOST: it got through, its answer did not come back.
    KILL: as LOST, and the bot is killed in that moment (`kill -9`)."""

    KILL = "kill"
    CUT = "cut"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Point:
    """`number` counts the times that `label` has passed on this path, from 1."""

    label: str
    number: int
    way: Way

    @property
    def name(self) -> str:
        """Short, and the same in every run: by it a point is asked for."""
        return f"{hashlib.sha256(self.label.encode()).hexdigest()[:6]}.{self.number}.{self.way}"


@dataclass(slots=True)
class Gate:
    """What passes is counted while it is open for counting; `noise` never is. `kill` ends the bot's process.

    A poll (`is_poll`) counts only where its answer brought something, so that it can't be cut.
    """

    kill: Callable[[], None]
    noise: set[str] = field(default_factory=set)
    counting: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    target: Point | None = None
    was_hit: bool = False

    def begin(self, target: Point | None = None) -> None:
        self.asked.clear()
        self.answered.clear()
        self.target, self.was_hit, self.counting = target, False, True

    def end(self) -> None:
        self.counting, self.target = False, None

    def cuts(self, label: str, *, is_poll: bool = False) -> bool:
        """Whether the connection breaks instead of this request."""
        if is_poll or not self._counts(label):
            return False
        self.asked[label] += 1
        return self._hits(label, self.asked[label], (Way.CUT,))

    def keeps_back(self, label: str, *, is_poll: bool = False, brought: bool = True) -> bool:
        """Whether the connection breaks instead of this answer."""
        if (is_poll and not brought) or not self._counts(label):
            return False
        self.answered[label] += 1
        if not self._hits(label, self.answered[label], (Way.KILL, Way.LOST)):
            return False
        if self.target is not None and self.target.way is Way.KILL:
            self.kill()
        return True

    def points(self) -> list[Point]:
        """All of what has passed since `begin`, in its order."""
        found = [
            Point(label, number, way)
            for label, times in self.answered.items()
            for number in range(1, times + 1)
            for way in (Way.KILL, Way.LOST)
        ]
        found += [
            Point(label, number, Way.CUT)
            for label, times in self.asked.items()
            for number in range(1, times + 1)
        ]
        return found

    def _counts(self, label: str) -> bool:
        return self.counting and label not in self.noise

    def _hits(self, label: str, number: int, ways: tuple[Way, ...]) -> bool:
        target = self.target
        if target is None or self.was_hit or target.way not in ways:
            return False
        self.was_hit = (label, number) == (target.label, target.number)
        return self.was_hit
