"""One payment settled (database, access, news), against the same statements run in one transaction by raw asyncpg, and,
where Debian's pgbench is, by that.

    python -m tests.bench.settling [--rounds 31] [--count 30]

What our code sends for one payment is recorded; for the others it is sent with their numbers put in.
"""

import itertools
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
from sqlalchemy import Engine, event

from bot.payments.settling import settle_payment
from bot.yookassa.answers import ProviderPayment
from db.dsn import asyncpg_arguments
from db.engine import Pool
from db.payments.settling import Outcome
from handlers.app import Application
from tests.bench import pgbench
from tests.bench.environment import by_hand
from tests.bench.figures import Pair, Try, in_turn
from tests.bench.pgbench import Statement
from tests.bench.server import settings

NOW = datetime.now(UTC)
# Payment n is of person 10000000 + n, purchase 20000000 + n, attempt 30000000 + n, chat 40000000 + n.
KINDS = (10_000_000, 20_000_000, 30_000_000, 40_000_000)
SHOP = """
insert into modules (id, name, interval_count) values (1, 'English', 10);
insert into products (product_id, module_id, name) values (1, 1, 'English, a month');
insert into bot.offers (id, product_id, days, price, currency) values (1, 1, 30, 99000, 'RUB');
"""
ORDERS = (
    "insert into users (id, email, created_at) select 10000000 + n, n || '@example.com', now()",
    "insert into bot.chats (telegram_id, name) select 40000000 + n, 'Anna'",
    "insert into authidentities (user_id, loginprovider, providerkey)"
    " select 10000000 + n, 'telegram', 40000000 + n",
    "insert into purchases (id, user_id, product_id, amount_cents, provider, status, provider_payment_id, days,"
    " currency, created_at) select 20000000 + n, 10000000 + n, 1, 99000, 'yookassa', 'pending',"
    " 'payment-' || 20000000 + n, 30, 'RUB', now()",
    "insert into bot.payment_attempts (id, purchase_id, user_id, offer_id, telegram_id, method, key, request,"
    " created_at, sent_at, link, link_ends_at, test, recipient, message_id) select 30000000 + n, 20000000 + n,"
    " 10000000 + n, 1, 40000000 + n, 'link', 'key-' || 20000000 + n, '{}', now(), now(), 'https://example.com',"
    " now() + interval '1 hour', false, '100500', 7",
)
DONE = """
select (select count(*) from purchases where status = 'succeeded') as paid,
       (select count(*) from bot.access_changes) as changes,
       (select count(*) from usermoduleaccess) as opened,
       (select count(*) from bot.pgqueuer) as jobs
"""


class DifferentError(Exception):
    """The two ways did not do the same: there is nothing to compare."""


def payment(number: int) -> ProviderPayment:
    return ProviderPayment(
        id=f"payment-{20_000_000 + number}",
        status="succeeded",
        paid=True,
        amount=99_000,
        currency="RUB",
        metadata={"purchase": str(20_000_000 + number), "key": f"key-{20_000_000 + number}"},
        test=False,
        recipient="100500",
        refunded=0,
        link=None,
        created_at=NOW,
        captured_at=NOW,
        cancellation=None,
        receipt_registration=None,
        method_title=None,
    )


async def measure(dsn: str, rounds: int, count: int) -> list[Pair]:
    raw = await asyncpg.connect(**asyncpg_arguments(dsn))
    app = Application(settings("http://127.0.0.1:9"), dsn)
    try:
        program = pgbench.find()
        await order(raw, 1 + (4 if program else 2) * (rounds + 1) * count)
        numbers = itertools.count(2)
        statements = await _record(app, 1)
        beside = [("raw asyncpg", "at most 2", _bare(raw, statements, numbers, count))]
        if program is not None:
            script = pgbench.Script(statements, KINDS)
            beside.append(("pgbench", "none", _by_pgbench(script, program, dsn, numbers, count)))
        found = [
            await _pair(name, goal, _ours(app, numbers, count), other, rounds, len(statements))
            for name, goal, other in beside
        ]
        await _compare(raw, next(numbers) - 1)
    finally:
        await app.close()
        await raw.close()
    return found


async def _pair(name: str, goal: str, ours: Try, other: Try, rounds: int, statements: int) -> Pair:
    mine, theirs = ([one for (one,) in side] for side in await in_turn(ours, other, rounds, 15))
    note = f"{statements} statements per payment, without BEGIN and COMMIT"
    return Pair(f"One payment settled, beside {name}", "ms", mine, theirs, goal, [note])


async def order(raw: asyncpg.Connection, count: int) -> None:
    """Purchases 1 to `count`, each of its own person, waiting to be paid."""
    await raw.execute(SHOP)
    for statement in ORDERS:
        await raw.execute(f"{statement} from generate_series(1, {count}) n")
    await raw.execute("analyze")


async def _record(app: Application, number: int) -> list[Statement]:
    """What is sent to settle this payment."""
    sent: list[Statement] = []

    def keep(_conn: Any, _cursor: Any, statement: str, parameters: Sequence[Any], *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        await _settle(app, number)
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
    return sent


async def _settle(app: Application, number: int) -> None:
    context = app.context
    async with context.database.transaction(Pool.MONEY) as session:
        settled = await settle_payment(session, context, payment(number), context.now())
    if settled.outcome is not Outcome.SUCCEEDED:
        raise DifferentError(settled)


def _ours(app: Application, numbers: Iterator[int], count: int) -> Try:
    async def attempt() -> tuple[float]:
        began = time.perf_counter()
        for number in itertools.islice(numbers, count):
            await _settle(app, number)
        return ((time.perf_counter() - began) / count * 1000,)

    return attempt


def _bare(raw: asyncpg.Connection, statements: list[Statement], numbers: Iterator[int], count: int) -> Try:
    async def attempt() -> tuple[float]:
        ready = [
            [(text, [_of(number, value) for value in values]) for text, values in statements]
            for number in itertools.islice(numbers, count)
        ]
        began = time.perf_counter()
        for one in ready:
            async with raw.transaction():
                for text, values in one:
                    await raw.fetch(text, *values)
        return ((time.perf_counter() - began) / count * 1000,)

    return attempt


def _by_pgbench(script: pgbench.Script, program: str, dsn: str, numbers: Iterator[int], count: int) -> Try:
    async def attempt() -> tuple[float]:
        mine = list(itertools.islice(numbers, count))
        return (await script.run(program, dsn, mine[0], count),)

    return attempt


def _of(number: int, value: Any) -> Any:
    """A recorded value with this payment's numbers in the place of the recorded one's (payment 1)."""
    match value:
        case bool() | None:
            return value
        case int():
            return value - 1 + number if value - 1 in KINDS else value
        case list() | tuple():
            return [_of(number, one) for one in value]
        case bytes():
            return _of(number, value.decode()).encode()
        case str():
            for kind in KINDS:
                value = value.replace(str(kind + 1), str(kind + number))
            return value
        case _:
            return value


async def _compare(raw: asyncpg.Connection, count: int) -> None:
    """Every payment, whoever settled it, has left the same behind."""
    done = await raw.fetchrow(DONE)
    if (done["paid"], done["changes"], done["opened"], done["jobs"] % count) != (count, count, count, 0):
        raise DifferentError(dict(done))


if __name__ == "__main__":
    by_hand(measure, rounds=31, count=30)
