"""Promo codes in the database: the limit holds with many people in several processes."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from pathlib import Path

import asyncpg

from db.engine import Database, Pool
from db.errors import PromoExists
from db.promo import create_promo

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds


async def school(connection: asyncpg.Connection, uses: int, people: int) -> list[int]:
    """A code RACE for that many uses, and that many accounts; their ids."""
    module = await connection.fetchval(
        "insert into modules (name, interval_count) values ('M', 1) returning id"
    )
    product = await connection.fetchval(
        "insert into products (name, module_id) values ('P', $1) returning product_id", module
    )
    await connection.execute(
        "insert into promocodes (code, max_usage_count, days, product_id) values ('RACE', $1, 7, $2)",
        uses,
        product,
    )
    rows = await connection.fetch(
        "insert into users (email, created_at)"
        " select n || '@example.com', now() from generate_series(1, $1::int) n returning id",
        people,
    )
    return [row["id"] for row in rows]


async def race(dsn: str, shares: list[list[int]]) -> Counter[str]:
    """Each share in a process of its own, all at once; how often each outcome was."""
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.db.promo_racer",
            dsn,
            "race",
            *map(str, share),
            stdin=PIPE,
            stdout=PIPE,
            cwd=ROOT,
        )
        for share in shares
    ]
    async with asyncio.timeout(PATIENCE):
        for racer in racers:
            assert racer.stdout
            assert await racer.stdout.readline() == b"ready\n"
        ends = await asyncio.gather(*(racer.communicate(b"go\n") for racer in racers))
    return Counter(outcome for out, _ in ends for outcome in out.decode().strip().split(" | "))


async def test_two_hundred_race_for_a_hundred_uses(dsn: str, connection: asyncpg.Connection) -> None:
    people = await school(connection, uses=100, people=200)
    outcomes = await race(dsn, [people[n::4] for n in range(4)])
    assert outcomes == {"redeemed": 100, "used up": 100}
    assert await connection.fetchval("select count(*) from promocodeusages") == 100
    assert await connection.fetchval("select count(distinct user_id) from promocodeusages") == 100
    assert await connection.fetchval("select count(*) from usermoduleaccess") == 100
    assert await connection.fetchval("select count(*) from bot.access_changes where source = 'promo'") == 100


async def test_one_person_in_several_processes_uses_a_code_once(
    dsn: str, connection: asyncpg.Connection
) -> None:
    (person,) = await school(connection, uses=100, people=1)
    outcomes = await race(dsn, [[person] * 10 for _ in range(3)])
    assert outcomes == {"redeemed": 1, "again": 29}
    assert await connection.fetchval("select count(*) from promocodeusages") == 1
    assert await connection.fetchval("select ends_at < now() + interval '8 days' from usermoduleaccess")


async def test_one_code_made_twice_at_once_in_different_letters_is_made_once(
    dsn: str, connection: asyncpg.Connection
) -> None:
    """The first one has not committed yet when the second one looks."""
    await school(connection, uses=1, people=1)
    product = await connection.fetchval("select product_id from products")
    database = Database(dsn, sizes={Pool.TALK: 2, Pool.MONEY: 1, Pool.JOBS: 1})

    async def make(code: str) -> str:
        async with database.transaction(Pool.TALK) as session:
            made = await create_promo(session, code, product, 7, 1)
            await asyncio.sleep(0.1)
            return made.code

    ends = await asyncio.gather(make("Spring"), make("sPRING"), return_exceptions=True)
    await database.close()
    assert {type(end) for end in ends} == {str, PromoExists}
    assert await connection.fetchval("select count(*) from promocodes where lower(code) = 'spring'") == 1
