"""From the provider's callback to the message that it is paid: recorded, fetched with our key, compared, days given,
news, by jobs; against a handler that inserts a row and sends a message.

python -m tests.bench.paid [--rounds 5] [--count 50]
"""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import asyncpg

from db.dsn import asyncpg_arguments
from tests.bench import settling
from tests.bench.environment import Side, Telegram, by_hand, measured
from tests.bench.figures import Pair, Try, in_turn
from tests.bench.load import post

AT_ONCE = 8
PATIENCE = 30.0  # seconds until a message must have come
KNOWN = "update purchases set provider_payment_id = lpad(to_hex(id), 32, '0')::uuid::text"


def payment(purchase: int) -> dict[str, Any]:
    """As the provider shows it."""
    number = f"{purchase:032x}"
    return {
        "id": "-".join((number[:8], number[8:12], number[12:16], number[16:20], number[20:])),
        "status": "succeeded",
        "paid": True,
        "amount": {"value": "990.00", "currency": "RUB"},
        "metadata": {"purchase": str(purchase), "key": f"key-{purchase}"},
        "recipient": {"account_id": "100500", "gateway_id": "100700"},
        "created_at": "2026-11-23T09:59:00.000Z",
        "test": False,
        "refundable": True,
    }


def show(path: str) -> dict[str, Any]:
    """What GET of a payment's address answers."""
    return payment(int(path.rpartition("/")[2].replace("-", ""), 16))


async def measure(dsn: str, rounds: int, count: int) -> list[Pair]:
    raw = await asyncpg.connect(**asyncpg_arguments(dsn))
    await settling.order(raw, 2 * (rounds + 1) * count)
    await raw.execute(KNOWN)
    await raw.close()
    numbers = itertools.count(1)
    async with measured(dsn, "worker") as sides:
        sides.telegram.show = show
        ours, bare = await in_turn(
            _try(sides.ours, "/yookassa/webhook", sides.telegram, numbers, count),
            _try(sides.bare, "/paid", sides.telegram, numbers, count),
            rounds,
            20,
        )
    goals = {"ms until half are told": 0, "ms of processor each": 1}
    return [
        Pair("Callback to paid message", unit, [one[at] for one in ours], [one[at] for one in bare], "none")
        for unit, at in goals.items()
    ]


def _try(side: Side, path: str, telegram: Telegram, numbers: Iterator[int], count: int) -> Try:
    async def one(number: int) -> float:
        chat, body = 40_000_000 + number, {"type": "notification", "event": "payment.succeeded"}
        told = telegram.tells(chat)
        whole = json.dumps(body | {"object": payment(20_000_000 + number)}).encode()
        began = time.perf_counter()
        await post(f"{side.origin}{path}", [whole], {})
        await asyncio.wait_for(told, PATIENCE)
        return (time.perf_counter() - began) * 1000

    async def several(mine: Iterator[int]) -> list[float]:
        return [await one(number) for number in mine]

    async def attempt() -> tuple[float, float]:
        before, mine = await side.figures(), iter(list(itertools.islice(numbers, count)))
        waits = itertools.chain(*await asyncio.gather(*(several(mine) for _ in range(AT_ONCE))))
        after = await side.figures()
        return median(waits), (after["cpu"] - before["cpu"]) / count * 1000

    return attempt


if __name__ == "__main__":
    by_hand(measure, rounds=5, count=50)
