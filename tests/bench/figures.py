"""Two ways of doing the same thing, tried in turn, and the table of what came out."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

Try = Callable[[], Awaitable[Sequence[float]]]  # what one try gives, each in a unit of its own


@dataclass(frozen=True, slots=True)
class Pair:
    """What each round gave, in the same unit; `goal` says what the ratio ours / bare should be."""

    title: str
    unit: str
    ours: Sequence[float]
    bare: Sequence[float]
    goal: str
    notes: Sequence[str] = ()

    @property
    def ratio(self) -> float:
        return median(self.ours) / median(self.bare)

    @property
    def ratios(self) -> list[float]:
        """Round by round: two tries that stand next to each other met the same noise."""
        return sorted(one / other for one, other in zip(self.ours, self.bare, strict=True))

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": self.ratio, "ratios": self.ratios}

    def __str__(self) -> str:
        low, high = self.ratios[0], self.ratios[-1]
        return (
            f"{self.title + ', ' + self.unit:<58}{median(self.ours):>9.2f}{median(self.bare):>9.2f}"
            f"{self.ratio:>7.2f} ({low:.2f} to {high:.2f})  {self.goal}"
            + "".join(f"\n    {note}" for note in self.notes)
        )


HEADING = f"{'medians':<58}{'ours':>9}{'bare':>9}{'ratio':>7} (rounds)        goal"


async def in_turn(
    ours: Try, bare: Try, rounds: int, within: float = 60.0
) -> tuple[list[Sequence[float]], list[Sequence[float]]]:
    """One try of each for warming up, then `rounds` of each, who goes first changing every round; on a busy machine
    fewer, two at least: no more is begun after `within` seconds."""
    ends = time.monotonic() + within
    await ours()
    await bare()
    mine: list[Sequence[float]] = []
    theirs: list[Sequence[float]] = []
    sides = [(ours, mine), (bare, theirs)]
    for done in range(rounds):
        if done >= 2 and time.monotonic() > ends:
            break
        for attempt, kept in sides:
            kept.append(await attempt())
        sides.reverse()
    return mine, theirs
