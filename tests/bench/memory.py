"""Whether the receiving half's memory stays flat: what it uses after every tenth of so many updates, of people who
return and of strangers, beside the bare bot that was sent the same.

python -m tests.bench.memory [--updates 100000]
"""

import argparse
import asyncio
import itertools
import json
import random
from collections.abc import Iterator

from handlers.app import fast_loop
from tests.bench import updates
from tests.bench.environment import Side, database, measured
from tests.bench.load import post

STRANGERS = 20  # one of so many updates is a stranger's /start
STEPS = 10


def mixed() -> Iterator[bytes]:
    """What people do, in an order of chance that is the same each time."""
    chance, strangers = random.Random(15), itertools.count(1)
    kinds = [updates.updates(does) for does in updates.KINDS.values()]
    while True:
        if chance.randrange(STRANGERS):
            yield next(chance.choice(kinds))
        else:
            number = next(strangers)
            yield json.dumps(updates.update(number, 2 * updates.FIRST + number, "/start")).encode()


async def measure(dsn: str, count: int) -> None:
    await updates.people(dsn)
    print(f"{'updates':>9}{'ours, MiB':>12}{'bare, MiB':>12}{'ours, s of processor':>22}")
    async with measured(dsn) as sides:
        ours, bare = mixed(), updates.updates("/echo")
        for step in range(STEPS + 1):
            if step:
                await _send(sides.ours, updates.OURS, ours, count // STEPS)
                await _send(sides.bare, updates.BARE, bare, count // STEPS)
            mine, theirs = await sides.ours.figures(), await sides.bare.figures()
            line = f"{step * count // STEPS:>9}{mine['resident']:>12.1f}{theirs['resident']:>12.1f}"
            print(f"{line}{mine['cpu']:>22.1f}", flush=True)
        print(f"at the most: ours {mine['rss']:.1f}, bare {theirs['rss']:.1f}")


async def _send(side: Side, path: str, bodies: Iterator[bytes], count: int) -> None:
    while count > 0:
        some = list(itertools.islice(bodies, min(count, 1000)))
        await post(f"{side.origin}{path}", some, updates.HEADERS)
        count -= len(some)


async def main(count: int) -> None:
    async with asyncio.timeout(3600), database() as dsn:
        await measure(dsn, count)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--updates", type=int, default=100_000)
    with asyncio.Runner(loop_factory=fast_loop()) as loop:
        loop.run(main(arguments.parse_args().updates))
