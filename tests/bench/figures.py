"""Two ways of doing the same thing, tried in turn, and the table of what came out."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median

Try = Callable[[], Awaitable[float]]


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

    def __str__(self) -> str:
        lines = [
            f"{self.title}, {self.unit}, {len(self.ours)} rounds",
            f"  {'':<6}{'median':>10}{'least':>10}{'most':>10}",
        ]
        for name, values in (("ours", self.ours), ("bare", self.bare)):
            lines.append(f"  {name:<6}{median(values):>10.2f}{min(values):>10.2f}{max(values):>10.2f}")
        low, high = self.ratios[0], self.ratios[-1]
        lines.append(f"  ratio {self.ratio:.2f} (rounds: {low:.2f} to {high:.2f}; goal: {self.goal})")
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


async def in_turn(ours: Try, bare: Try, rounds: int) -> tuple[list[float], list[float]]:
    """One try of each for warming up, then `rounds` of each, who goes first changing every round."""
    await ours()
    await bare()
    mine: list[float] = []
    theirs: list[float] = []
    sides = [(ours, mine), (bare, theirs)]
    for _ in range(rounds):
        for attempt, kept in sides:
            kept.append(await attempt())
        sides.reverse()
    return mine, theirs
