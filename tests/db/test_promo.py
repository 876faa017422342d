"""Promo codes in the database: the limit holds with many people in several processes."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from db.access.limits import MAX_DAYS
from db.engine import Database, Pool
from db.errors import (
    AccessTooFar,
    ProductUnknown,
    PromoExists,
    PromoUnknown,
    PromoUsedByYou,
    PromoUsedUp,
)
from db.promo import create_promo, get_preview, list_uses, record_forms, redeem
from db.schema.migrate import migrate
from tests.database import Databases

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds
HOUR = timedelta(hours=1)
WAITING = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"


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


@pytest.mark.proof
async def test_two_hundred_race_for_a_hundred_uses(dsn: str, connection: asyncpg.Connection) -> None:
    people = await school(connection, uses=100, people=200)
    outcomes = await race(dsn, [people[n::4] for n in range(4)])
    assert outcomes == {"redeemed": 100, "used up": 100}
    assert await connection.fetchval("select count(*) from promocodeusages") == 100
    assert await connection.fetchval("select count(distinct user_id) from promocodeusages") == 100
    assert await connection.fetchval("select count(*) from usermoduleaccess") == 100
    assert await connection.fetchval("select count(*) from bot.access_changes where source = 'promo'") == 100


@pytest.mark.proof
async def test_one_person_in_several_processes_uses_a_code_once(
    dsn: str, connection: asyncpg.Connection
) -> None:
    (person,) = await school(connection, uses=100, people=1)
    outcomes = await race(dsn, [[person] * 10 for _ in range(3)])
    assert outcomes == {"redeemed": 1, "again": 29}
    assert await connection.fetchval("select count(*) from promocodeusages") == 1
    assert await connection.fetchval("select ends_at < now() + interval '8 days' from usermoduleaccess")


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
# As stored, by us or by the other application, and as people type it.
SAME_CODES = [
    ("ВЕСНА", "весна", "Весна", " ВЕСНА ", "«ВЕСНА»", "вес\u00adна", "\u2068ВЕСНА\u2069", "ВЕСНА\u200b"),
    (
        "spring2",
        "SPRING2",
        "SPRING2\u200b",
        "\u2068SPRING2\u2069",
        "\ufeffSPRING2",
        "ＳＰＲＩＮＧ２",
        "SPRING2\ufe0f",
    ),
    (" Ёлка\u00a0", "ЁЛКА", "Е\u0308лка", "“ёлка”"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος", "ΣΊΣΥΦΟΣ\u2060"),
    ("STRASSE", "straße", "'Straße'"),
    ("\u202bDREAM\u202c", "dream", "dream\u3164"),
    ("N\u034fEW\u0000".replace("\0", ""), "new", "NEW\0", "`new`"),
]


@asynccontextmanager
async def shop(dsn: str) -> AsyncIterator[tuple[Database, asyncpg.Connection]]:
    database, connection = Database(dsn), await asyncpg.connect(dsn)
    try:
        yield database, connection
    finally:
        await connection.close()
        await database.close()


@pytest.fixture(params=["C", "C.UTF-8"])
async def any_locale(cluster: Databases, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The address of a migrated database with that collation and letter case; C knows no Cyrillic at all."""
    async with cluster.clone("template0", locale=request.param) as dsn:
        assert await migrate(dsn, lambda _line: None)
        yield dsn


async def add_codes(connection: asyncpg.Connection, *codes: str) -> None:
    """As the other application does."""
    product = await connection.fetchval("select min(product_id) from products")
    await connection.executemany(
        "insert into promocodes (code, max_usage_count, days, product_id) values ($1, 100, 7, $2)",
        [(code, product) for code in codes],
    )


async def until_waits(connection: asyncpg.Connection, task: asyncio.Task[Any]) -> None:
    """For a lock, or is done without."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if task.done() or await connection.fetchval(WAITING):
                return
            await asyncio.sleep(0.01)


async def test_a_code_that_is_just_being_made_is_not_made_again(
    dsn: str, connection: asyncpg.Connection
) -> None:
    """Neither in other letters nor beside the other application. The first one has not committed yet when the second
    one looks."""
    await school(connection, uses=1, people=1)
    product = await connection.fetchval("select product_id from products")
    async with shop(dsn) as (database, other):

        async def make(code: str) -> str:
            async with database.transaction(Pool.TALK) as session:
                return (await create_promo(session, code, product, 7, 1)).code

        async with database.transaction(Pool.TALK) as session:
            await record_forms(session)
        async with database.transaction(Pool.TALK) as session:
            await create_promo(session, "Spring", product, 7, 1)
            second = asyncio.create_task(make("sPRING"))
            await until_waits(connection, second)
        with pytest.raises(PromoExists):
            await second
        async with other.transaction():
            await add_codes(other, "Summer")
            second = asyncio.create_task(make("Summer"))
            await until_waits(connection, second)
        with pytest.raises(PromoExists):
            await second
    codes = await connection.fetch("select code from promocodes order by id")
    assert [row["code"] for row in codes] == ["RACE", "Spring", "Summer"]


async def redeemed(session: AsyncSession, person: int, written: str) -> str:
    """The stored code that was meant; whether it was used before is all the same."""
    try:
        return (await redeem(session, person, written, NOW)).code
    except PromoUsedByYou as used:
        return used.code


async def test_a_code_is_what_people_see_whatever_the_locale(any_locale: str) -> None:
    async with shop(any_locale) as (database, connection):
        (person,) = await school(connection, uses=1, people=1)
        await add_codes(connection, *(stored for stored, *_typed in SAME_CODES))
        product = await connection.fetchval("select product_id from products")
        async with database.transaction(Pool.TALK) as session:
            await create_promo(session, "\u200bЛЕТО\u00ad", product, 7, 100)
            for stored, *typed in [*SAME_CODES, ("ЛЕТО", "лето", "ЛЕТО\u2063")]:
                for written in (stored, *typed):
                    assert await redeemed(session, person, written) == stored, written
                    with pytest.raises(PromoExists):
                        await create_promo(session, written, product, 7, 1)
        assert await connection.fetchval("select code from promocodes order by id desc limit 1") == "ЛЕТО"


async def test_a_code_that_was_renamed_or_deleted_is_followed(
    dsn: str, connection: asyncpg.Connection
) -> None:
    (person,) = await school(connection, uses=1, people=1)
    await add_codes(connection, "Early", "Autumn", "Winter")
    async with shop(dsn) as (database, _connection):
        async with database.transaction(Pool.TALK) as session:
            await record_forms(session)
        await connection.execute("update promocodes set code = 'ОСЕНЬ' where code = 'Autumn'")
        await connection.execute("delete from promocodes where code = 'Winter'")
        await connection.execute("update promocodes set code = 'Late' where code = 'Early'")
        await add_codes(connection, "Early")
        async with database.transaction(Pool.TALK) as session:
            assert await redeemed(session, person, "early") == "Early"
            for gone in ("autumn", "winter", "", "\u200b", "''", "x" * 5000, "ﷺ" * 500):
                with pytest.raises(PromoUnknown):
                    await redeem(session, person, gone, NOW)
            assert await redeemed(session, person, "осень") == "ОСЕНЬ"


async def test_of_two_that_look_alike_the_exact_one_is_meant(
    dsn: str, connection: asyncpg.Connection
) -> None:
    (person,) = await school(connection, uses=1, people=1)
    await add_codes(connection, "Gift", "GIFT", "k" * 2000)
    async with shop(dsn) as (database, _connection), database.transaction(Pool.TALK) as session:
        assert await redeemed(session, person, "gIFT") == "Gift"
        assert await redeemed(session, person, "GIFT") == "GIFT"
        assert await redeemed(session, person, "Gift") == "Gift"
        assert await redeemed(session, person, "K" * 2000) == "k" * 2000


async def test_codes_do_not_count_for_each_other(dsn: str, connection: asyncpg.Connection) -> None:
    """Two codes of two products in two modules, and three people: each counts for itself."""
    anna, ben, carl = await school(connection, uses=1, people=3)
    module = await connection.fetchval(
        "insert into modules (name, interval_count) values ('N', 1) returning id"
    )
    product = await connection.fetchval(
        "insert into products (name, module_id) values ('Q', $1) returning product_id", module
    )
    async with shop(dsn) as (database, _connection):
        async with database.transaction(Pool.TALK) as session:
            made = await create_promo(session, "OTHER", product, MAX_DAYS, 2)
            assert (made.product, made.days, made.used, made.most) == ("Q", MAX_DAYS, 0, 2)
            first = await redeem(session, anna, "race", NOW)
            await redeem(session, ben, "other", NOW + HOUR)
            second = await redeem(session, anna, "other", NOW + 2 * HOUR)
        assert (first.code, first.product, first.module, first.days) == ("RACE", "P", "M", 7)
        assert (second.code, second.product, second.module, second.days) == ("OTHER", "Q", "N", MAX_DAYS)
        assert second.change.module_id == module != first.change.module_id
        async with database.transaction(Pool.TALK) as session:
            for person, code, refusal in (
                (anna, "RACE", PromoUsedByYou("RACE", NOW)),
                (anna, "OTHER", PromoUsedByYou("OTHER", NOW + 2 * HOUR)),
                (ben, "RACE", PromoUsedUp("RACE")),
                (carl, "OTHER", PromoUsedUp("OTHER")),
                (None, "OTHER", PromoUsedUp("OTHER")),
            ):
                with pytest.raises(type(refusal)) as refused:
                    await get_preview(session, code, person, 1)
                assert refused.value == refusal
            uses = await list_uses(session, anna, 5)
            assert [(one.code, one.product, one.days) for one in uses] == [
                ("OTHER", "Q", MAX_DAYS),
                ("RACE", "P", 7),
            ]
            assert await list_uses(session, anna, 1) == uses[:1]
            for days in (0, MAX_DAYS + 1):
                with pytest.raises(AccessTooFar):
                    await create_promo(session, "THIRD", product, days, 1)
            with pytest.raises(ProductUnknown):
                await create_promo(session, "THIRD", 2**40, 1, 1)
