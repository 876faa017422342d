"""Callbacks accepted per second, against a bare handler that inserts one row.

python -m tests.bench.callbacks [--rounds 9] [--count 1000]
"""

import itertools
import json
import uuid
from collections.abc import Iterator

import asyncpg

from db.dsn import asyncpg_arguments
from tests.bench.environment import by_hand, measured
from tests.bench.figures import Pair, in_turn
from tests.bench.load import pairs, posting


def callbacks() -> Iterator[bytes]:
    """As the provider sends them, each of another payment."""
    for number in itertools.count(1):
        payment = str(uuid.UUID(int=number))
        thing = {
            "id": payment,
            "status": "succeeded",
            "paid": True,
            "amount": {"value": "990.00", "currency": "RUB"},
            "income_amount": {"value": "955.35", "currency": "RUB"},
            "description": "Курс, 30 дней",
            "metadata": {"purchase": str(number), "key": str(uuid.UUID(int=number << 64))},
            "recipient": {"account_id": "100500", "gateway_id": "100700"},
            "payment_method": {
                "type": "bank_card",
                "id": payment,
                "saved": False,
                "title": "Bank card *4444",
            },
            "captured_at": "2026-11-23T10:00:00.000Z",
            "created_at": "2026-11-23T09:59:00.000Z",
            "test": False,
            "refundable": True,
        }
        yield json.dumps({"type": "notification", "event": "payment.succeeded", "object": thing}).encode()


# A purchase for each: only callbacks of payments we know are taken without limit.
PURCHASES = """
with u as (insert into users (email, created_at) values ('bench@example.com', now()) returning id),
m as (insert into modules (name, interval_count) values ('bench', 1) returning id),
p as (insert into products (name, module_id) select 'bench', id from m returning product_id)
insert into purchases (user_id, product_id, days, amount_cents, currency, provider, provider_payment_id, status,
    created_at)
select u.id, p.product_id, 30, 99000, 'RUB', 'yookassa', lpad(to_hex(n), 32, '0')::uuid::text, 'pending', now()
from u, p, generate_series(1, $1::int) n
"""


async def measure(dsn: str, rounds: int, count: int) -> list[Pair]:
    bodies = callbacks()
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    await connection.execute(PURCHASES, 2 * (rounds + 1) * count)  # both sides, and each once for warming up
    await connection.close()
    async with measured(dsn) as sides:
        ours, bare = await in_turn(
            posting(sides.ours, "/yookassa/webhook", bodies, count),
            posting(sides.bare, "/callback", bodies, count),
            rounds,
            20,
        )
    return pairs("Callback accepted", ours, bare, ("at least 0.5", "none"))


if __name__ == "__main__":
    by_hand(measure, rounds=9, count=1000)
