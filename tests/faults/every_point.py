"""Killed, cut off and left without an answer at every point of the paths of money, access, lessons and letters.

    python -m tests.faults.every_point                             # all of it: hours on two cores
    python -m tests.faults.every_point settle promo                # these paths
    python -m tests.faults.every_point settle --point 3f2a1b.1.lost    # one point again, as the report names it
    python -m tests.faults.every_point --sample 5                  # so many of each path, others every day

Exit status 0 only where all of them held.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.app import make_school
from tests.database import Databases, server_of_the_run
from tests.faults.points.all_paths import PATHS
from tests.faults.points.gate import Point, Way
from tests.faults.points.running import Tried, Walks, walks


@dataclass
class Report:
    """Of one path. `there`: how many points it has."""

    path: str
    there: int
    seconds: float = 0.0
    tried: list[Tried] = field(default_factory=list)

    @property
    def failed(self) -> list[Tried]:
        return [one for one in self.tried if one.wrong]

    @property
    def row(self) -> str:
        ways = Counter(one.point.way for one in self.tried if one.reached and not one.wrong)
        cells = [f"{ways[way]} of {sum(one.point.way is way for one in self.tried)}" for way in Way]
        missed = sum(not one.reached for one in self.tried)
        held = sum(ways.values())
        return (
            f"| {self.path} | {self.there} | {held} of {len(self.tried)} | "
            + " | ".join([*cells, str(missed), f"{self.seconds:.0f}"])
            + " |"
        )


HEAD = (
    "| path | points | held | " + " | ".join(Way) + " | not reached | s |\n|---|---|---|---|---|---|---|---|"
)


async def run_path(
    name: str, databases: Databases, folder: Path, *, point: str = "", sample: int = 0, worlds: int = 1
) -> Report:
    """In so many worlds at once: most of the time is waiting."""
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        ours = [await stack.enter_async_context(walks(name, databases, folder)) for _ in range(worlds)]
        points = await ours[0].survey()
        report = Report(name, len(points))
        waiting = [one for one in points if point in ("", one.name)]
        assert waiting, f"{name} has no point {point}"
        if sample:
            today = random.Random(datetime.now(UTC).toordinal())
            waiting = today.sample(waiting, min(sample, len(waiting)))
        waiting.reverse()
        await asyncio.gather(*(_try_all(one, waiting, report) for one in ours))
    report.seconds = time.monotonic() - began
    return report


async def _try_all(walks: Walks, waiting: list[Point], report: Report) -> None:
    """What was not come by is tried once more: not every statement is needed each time."""
    while waiting:
        point = waiting.pop()
        tried = await walks.attempt(point)
        if not tried.reached and not tried.wrong:
            tried = await walks.attempt(point)
        report.tried.append(tried)
        say(report.path, tried)
        if tried.wrong:  # what follows would stand on it
            await walks.renew()


def say(path: str, tried: Tried) -> None:
    state = "WRONG" if tried.wrong else "ok" if tried.reached else "not reached"
    print(f"{path:8}{tried.point.name:18}{tried.seconds:6.1f} s  {state:12}{tried.point.label}", flush=True)
    for line in tried.wrong:
        print(f"    {line}", flush=True)


async def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("paths", nargs="*", choices=[*PATHS, []], metavar="PATH", help=", ".join(PATHS))
    parser.add_argument("--point", default="")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--worlds", type=int, default=3)
    given = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="points"))
    reports = []
    try:
        async with server_of_the_run(folder / "pg") as server:
            databases = Databases(server)
            await databases.prepare()
            await make_school(databases)
            for name in given.paths or PATHS:
                one = await run_path(
                    name, databases, folder,
                    point=given.point, sample=given.sample, worlds=1 if given.point else given.worlds,
                )  # fmt: skip
                reports.append(one)
                print(f"\n{HEAD}\n{one.row}\n", flush=True)
    finally:
        shutil.rmtree(folder)
    print("\n".join([HEAD, *(one.row for one in reports)]))
    return 1 if any(one.failed for one in reports) else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
