"""Updates per second through the webhook (/help), against a bare handler that sends one message and knows nobody.

python -m tests.bench.updates [--rounds 9] [--count 200]
"""

import itertools
import json
from collections.abc import Iterator

import aiohttp

from tests.bench.environment import by_hand, measured
from tests.bench.figures import Pair, in_turn
from tests.bench.load import posting
from tests.bench.server import SECRET

PEOPLE = 50


def updates() -> Iterator[bytes]:
    """From people in turn, so that nobody's updates wait for each other."""
    for number in itertools.count(1):
        person = 7_100_000_000 + number % PEOPLE
        someone = {"id": person, "is_bot": False, "first_name": "Anna", "language_code": "ru"}
        message = {
            "message_id": number,
            "date": 1_790_000_000,
            "chat": {"id": person, "type": "private", "first_name": "Anna"},
            "from": someone,
            "text": "/help",
            "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
        }
        yield json.dumps({"update_id": number, "message": message}).encode()


async def measure(dsn: str, rounds: int, count: int) -> Pair:
    bodies = updates()
    secret = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    async with measured(dsn) as at:
        ours = posting(f"{at.ours}/telegram/webhook", bodies, count, secret)
        bare = posting(f"{at.bare}/update", bodies, count)
        for _ in range(-(-PEOPLE // count)):  # everybody is known before it counts
            await ours()
        figures = await in_turn(ours, bare, rounds)
        before = await _statements(at.bare)
        await ours()
        each = (await _statements(at.bare) - before) / count
    note = f"{each:.1f} statements per update, without BEGIN and COMMIT"
    return Pair("Updates handled (/help)", "per second", *figures, "none", [note])


async def _statements(origin: str) -> int:
    """How many statements the measured process has sent through SQLAlchemy."""
    async with aiohttp.ClientSession() as client, client.get(f"{origin}/statements") as response:
        return int(await response.json())


if __name__ == "__main__":
    by_hand(measure, rounds=9, count=200)
