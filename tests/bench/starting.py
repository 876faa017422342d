"""From the command to the first answer: the bot's receiving half over a database that is ready, against the bare one.

python -m tests.bench.starting [--rounds 3]
"""

import time

from tests.bench import updates
from tests.bench.environment import by_hand, started, telegram
from tests.bench.figures import Pair, in_turn
from tests.bench.load import post


async def measure(dsn: str, rounds: int, _count: int) -> list[Pair]:
    await updates.people(dsn)

    async with telegram() as there:

        async def first_answer(module: str, path: str, does: str) -> tuple[float, float, float]:
            began = time.perf_counter()
            async with started(module, dsn, there.origin) as side:
                await post(f"{side.origin}{path}", [next(updates.updates(does))], updates.HEADERS)
                took, figures = time.perf_counter() - began, await side.figures()
            return took, figures["cpu"], figures["rss"]

        ours, bare = await in_turn(
            lambda: first_answer("server", updates.OURS, "/status"),
            lambda: first_answer("bare", updates.BARE, "/echo"),
            rounds,
            30,
        )
    rows = (("s", "at most 0.8"), ("s of processor", "at most 0.8"), ("MiB by then", "at most 1.0"))
    return [
        Pair("Command to first answer", unit, [one[at] for one in ours], [one[at] for one in bare], goal)
        for at, (unit, goal) in enumerate(rows)
    ]


if __name__ == "__main__":
    by_hand(measure, rounds=3, count=1)
