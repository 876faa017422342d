"""All that is measured beside something bare, as one table, and as JSON for whoever compares: ten minutes at most.

python -m tests.bench [--json FILE] [--quick]
"""

import argparse
import asyncio
import json
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

from handlers.app import fast_loop
from tests.bench import callbacks, other_language, paid, settling, starting, updates
from tests.bench.environment import LIMIT, Measure, database
from tests.bench.figures import HEADING, Pair

# Rounds, and how many things are done in a try.
MEASURES: list[tuple[Measure, int, int]] = [
    (starting.measure, 3, 1),
    (settling.measure, 15, 30),
    (callbacks.measure, 7, 300),
    (paid.measure, 5, 50),
    (updates.measure, 7, 100),
    (other_language.measure, 5, 100),
]


async def main(asked: argparse.Namespace) -> None:
    began, pairs = datetime.now(UTC), list[Pair]()
    print(HEADING)
    ends = time.monotonic() + LIMIT
    for measure, rounds, count in MEASURES:
        name = measure.__module__
        try:
            async with asyncio.timeout(ends - time.monotonic()), database() as dsn:
                found = await measure(dsn, 2 if asked.quick else rounds, 10 if asked.quick else count)
        except TimeoutError:
            print(f"{name}: not measured, the {LIMIT / 60:.0f} minutes are over")
            continue
        pairs += found
        print(*found, sep="\n", flush=True)
        if asked.json is not None:
            about = {"at": began.isoformat(), "machine": platform.platform()}
            asked.json.write_text(json.dumps(about | {"rows": [pair.as_json() for pair in pairs]}, indent=2))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--json", type=Path, help="a file for the figures of every round")
    arguments.add_argument("--quick", action="store_true", help="whether it runs, not how fast")
    with asyncio.Runner(loop_factory=fast_loop()) as loop:
        loop.run(main(arguments.parse_args()))
