"""Updates per second through the webhook, and the processor's time of each, against a bare aiogram bot that answers
every message with one of its own and knows nobody. Who writes is known, signed in, and has courses.

python -m tests.bench.updates [--rounds 7] [--count 300]
"""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import asyncpg

from db.dsn import asyncpg_arguments
from tests.bench import learners, waiting
from tests.bench.environment import Sides, by_hand, measured
from tests.bench.figures import Pair, in_turn
from tests.bench.load import pairs, posting, posting_steps
from tests.bench.process import SECRET

PEOPLE = 50
FIRST = 7_100_000_000  # less one: the Telegram ids follow
# What learners.seed has no need for: chats, and that they are signed in.
CHATS = (
    "insert into bot.chats (telegram_id, name, telegram_language, language, home_id, module_id)"
    " select n + $1, 'Anna', 'ru', 'ru', 5, 1",
    "insert into authidentities (user_id, loginprovider, providerkey) select n, 'telegram', n + $1",
    "insert into devices (id, device_key, platform, created_at)"
    " select n, 'telegram:' || n + $1, 'telegram', now()",
    "insert into users_devices (user_id, device_id, linked_at) select n, n, now()",
    "insert into sessions (user_id, device_id, refresh_token_hash, created_at, expires_at)"
    " select n, n, 'bench' || n, now(), now() + interval '30 days'",
    "update users set last_seen = now() where id <= $2",
    "update usermoduleaccess set ends_at = now() + interval '30 days' where user_id <= $2",
)
# What returning people do: a command, and buttons of home, of its menu and of a lesson.
KINDS = {
    "/help": "/help",
    "/status": "/status",
    "Home": "go:start",
    "a lesson": "lesson:3",
    "a menu button": "go:profile",
}
CODES = """
insert into promocodes (code, max_usage_count, days, product_id)
select 'BENCH' || n, 1000000, 1, (select min(product_id) from products) from generate_series(0, $1::int) n
"""
OURS, BARE = "/telegram/webhook", "/update"
NUMBERS = itertools.count(1)  # of all updates of a run: none comes twice
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


def updates(does: str) -> Iterator[bytes]:
    """From people in turn, so that nobody's updates wait for each other. `does`: a command, or a button's data."""
    for number in itertools.count(1):
        person = FIRST + number % PEOPLE + 1
        yield json.dumps(update(number, person, does)).encode()


def update(number: int, person: int, does: str) -> dict[str, Any]:
    someone = {"id": person, "is_bot": False, "first_name": "Anna", "language_code": "ru"}
    chat = {"id": person, "type": "private", "first_name": "Anna"}
    if does.startswith("/"):
        entity = {"type": "bot_command", "offset": 0, "length": len(does.partition(" ")[0])}
        said = {"from": someone, "text": does, "entities": [entity]}
        return {"update_id": next(NUMBERS), "message": _message(number, chat) | said}
    bot = {"id": 7777777777, "is_bot": True, "first_name": "School", "username": "bench_bot"}
    keys = [[{"text": f"Button {at}", "callback_data": f"go:{at}"}] for at in range(5)]
    shown = {"from": bot, "text": "Anna, your courses", "reply_markup": {"inline_keyboard": keys}}
    query = {"id": f"{number}", "from": someone, "chat_instance": "1", "data": does}
    return {"update_id": next(NUMBERS), "callback_query": query | {"message": _message(5, chat) | shown}}


def _message(number: int, chat: dict[str, Any]) -> dict[str, Any]:
    return {"message_id": number, "date": 1_790_000_000, "chat": chat}


async def people(dsn: str) -> None:
    await learners.seed(dsn, PEOPLE, 10)
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    for statement in CHATS:
        whole = statement if "$2" in statement else f"{statement} from generate_series(1, $2::bigint) n"
        await connection.execute(whole.replace("$1", str(FIRST)).replace("$2", str(PEOPLE)))
    # Their ids came with the rows: who registers gets the next ones.
    for table in ("users", "devices", "sessions"):
        await connection.execute(
            f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))"
        )
    await connection.close()


async def measure(dsn: str, rounds: int, count: int) -> list[Pair]:
    await people(dsn)
    found: list[Pair] = []
    async with measured(dsn) as sides:
        for title, does in KINDS.items():
            ours = posting(sides.ours, OURS, updates(does), count, HEADERS)
            bare = posting(sides.bare, BARE, updates("/echo"), count, HEADERS)
            found += pairs(title, *await in_turn(ours, bare, rounds, 12), ("at least 0.6", "at most 1.6"))
        found += await _promo(dsn, sides, rounds, count)
        found += await _registration(sides, rounds, count)
        found += await waiting.measure(sides, rounds, count)
        found.append(await _memory(sides))
    return found


async def _promo(dsn: str, sides: Sides, rounds: int, count: int) -> list[Pair]:
    """Each of another person and code: what is redeemed gives days, and news."""
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    await connection.execute(CODES, (rounds + 1) * count // PEOPLE + 1)
    await connection.close()
    ours = posting(sides.ours, OURS, _codes(), count, HEADERS)
    bare = posting(sides.bare, BARE, updates("/echo"), count, HEADERS)
    return pairs("A promo code", *await in_turn(ours, bare, rounds, 15), ("at least 0.5", "none"))


def _codes() -> Iterator[bytes]:
    for number in itertools.count():
        person = FIRST + number % PEOPLE + 1
        yield json.dumps(update(number, person, f"/promo BENCH{number // PEOPLE}")).encode()


async def _registration(sides: Sides, rounds: int, count: int) -> list[Pair]:
    """Of strangers: /start, then the button."""
    ours = posting_steps(sides.ours, OURS, [_strangers("/start"), _strangers("register")], count, HEADERS)
    bare = posting_steps(sides.bare, BARE, [updates("/echo"), updates("/echo")], count, HEADERS)
    return pairs("Registration, two updates", *await in_turn(ours, bare, rounds, 15), ("none", "none"))


def _strangers(does: str) -> Iterator[bytes]:
    for number in itertools.count(1):
        yield json.dumps(update(number, 2 * FIRST + number, does)).encode()


async def _memory(sides: Sides) -> Pair:
    ours, bare = [await side.figures() for side in (sides.ours, sides.bare)]
    return Pair("Memory at the most, after all of these", "MiB", [ours["rss"]], [bare["rss"]], "at most 1.0")


if __name__ == "__main__":
    by_hand(measure, rounds=7, count=300)
