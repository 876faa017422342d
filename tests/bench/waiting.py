"""How long answers take when many come at once, and when more come than can be answered."""

import itertools
from collections.abc import Sequence
from statistics import quantiles

from tests.bench import updates
from tests.bench.environment import Side, Sides
from tests.bench.figures import Pair
from tests.bench.load import GRACE, paced

BURSTS = (10, 50, 100, 300)
RATES = (100, 200, 500, 1000)
LASTS = 2.0  # seconds of offering
ROUNDS = 3
QUICK = 50  # things in a try, from which on it is measured in full


class Waits:
    """What came of one try, or of several of the same."""

    def __init__(self, found: Sequence[float | None]) -> None:
        self.lost = found.count(None)
        # What was lost has been waited for as long as anything is.
        waits = [GRACE * 1000 if one is None else one for one in found]
        cuts = quantiles(waits, n=100, method="inclusive")
        self.middle, self.slow = cuts[49], cuts[98]


async def measure(sides: Sides, rounds: int, count: int) -> list[Pair]:
    """Milliseconds of /status, the bare bot's echo beside it."""
    full = count >= QUICK
    found: list[Pair] = []
    for size in BURSTS if full else BURSTS[:1]:
        found += await waits(f"Burst of {size}", sides, size, rounds=min(rounds, ROUNDS))
    for rate in RATES if full else RATES[:1]:
        many = int(rate * LASTS) if full else count
        found += await waits(f"{rate} a second offered", sides, many, rate, 1)
    return found


async def waits(title: str, sides: Sides, count: int, rate: float = 0, rounds: int = ROUNDS) -> list[Pair]:
    """`rate`: how many a second are offered; 0: all at once."""
    ours, bare = list[Waits](), list[Waits]()
    for _ in range(rounds):
        ours.append(await _try(sides.ours, updates.OURS, "/status", count, rate))
        bare.append(await _try(sides.bare, updates.BARE, "/echo", count, rate))
    lost = [f"lost: ours {sum(one.lost for one in ours)}, bare {sum(one.lost for one in bare)}"]
    goal = "at most 1.6" if title == "Burst of 300" else "none"
    return [
        Pair(f"{title}, p50", "ms", [one.middle for one in ours], [one.middle for one in bare], "none", lost),
        Pair(f"{title}, p99", "ms", [one.slow for one in ours], [one.slow for one in bare], goal, lost),
    ]


async def _try(side: Side, path: str, does: str, count: int, rate: float) -> Waits:
    bodies = list(itertools.islice(updates.updates(does), count))
    return Waits(await paced(f"{side.origin}{path}", bodies, updates.HEADERS, rate))
