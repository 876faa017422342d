"""Promo codes switched off and on, their numbers raised, and batches of them; beside another application."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from db.access.limits import MAX_DAYS
from db.catalogue.exporting import export_catalogue
from db.engine import Pool
from db.errors import AccessTooFar, ProductUnknown, PromoUsedUp
from db.promo import PromoOff, find_promo, redeem
from db.promo_codes import (
    LimitBelowUses,
    PromoGone,
    count_batches,
    count_codes,
    count_users,
    create_batch,
    generate_codes,
    get_batch,
    get_code,
    list_all_users,
    list_batch,
    list_batches,
    list_codes,
    list_ids_of_batch,
    list_users,
    set_limit,
    switch_off,
    switch_on,
)
from tests.db.test_promo import NOW, add_codes, school, shop, until_waits

MOST = "select max_usage_count from promocodes where code = 'RACE'"
Call = tuple[Any, ...]  # a function of this module, and what it gets beside the session
USE = "insert into promocodeusages (user_id, code_id, used_at) select $1, id, now() from promocodes"


async def test_off_is_the_uses_there_are_and_on_never_less(dsn: str, connection: asyncpg.Connection) -> None:
    people = await school(connection, uses=2, people=6)
    code = await connection.fetchval("select id from promocodes")
    async with shop(dsn) as (database, _connection):
        async with database.transaction(Pool.TALK) as session:
            await redeem(session, people[0], "race", NOW)
            (off,) = await switch_off(session, [code], NOW)
            assert (off.before, off.after) == (2, 1)
            assert await switch_off(session, [code], NOW) == [], "a second admin changes nothing"
            with pytest.raises(PromoOff):
                await redeem(session, people[1], "race", NOW)
            promo = (await export_catalogue(session)).promos[0]
            assert promo.max_uses == 2, "the file keeps what the number was"
            with pytest.raises(LimitBelowUses):
                await set_limit(session, code, 0)
            raised = await set_limit(session, code, 3)
            assert (raised.before, raised.after) == (2, 3)
            found = await get_code(session, code)
            assert (found.most, found.off_most, found.used) == (1, 3, 1)
        for person in people[1:5]:  # the other application counts in its own way
            await connection.execute(USE, person)
        async with database.transaction(Pool.TALK) as session:
            (on,) = await switch_on(session, [code])
            assert (on.before, on.after) == (1, 5)
            assert await switch_on(session, [code]) == []
            assert (await get_code(session, code)).off_most is None
            await set_limit(session, code, 8)
            await switch_off(session, [code], NOW)
            with pytest.raises(LimitBelowUses):
                await set_limit(session, code, 4)
        await connection.execute(
            "update promocodes set max_usage_count = 50"
        )  # the other application raises it
        async with database.transaction(Pool.TALK) as session:
            assert (await get_code(session, code)).off_most is None
            assert await switch_on(session, [code]) == []
        assert await connection.fetchval(MOST) == 50
        await connection.execute("update promocodes set max_usage_count = 6")
        await connection.execute(USE, people[1])
        async with database.transaction(Pool.TALK) as session:
            with pytest.raises(PromoUsedUp):  # not switched off: it was raised since
                await redeem(session, people[5], "race", NOW)
            (off,) = await switch_off(session, [code], NOW)
            assert (off.before, off.after, (await get_code(session, code)).off_most) == (6, 6, 6)
            with pytest.raises(PromoUsedUp):  # nothing was left of it when it was switched off
                await redeem(session, people[5], "race", NOW)


@pytest.mark.parametrize("days", [1, MAX_DAYS])
async def test_a_batch_may_be_for_one_day_and_for_the_most(
    dsn: str, connection: asyncpg.Connection, days: int
) -> None:
    await school(connection, uses=1, people=1)
    product = await connection.fetchval("select product_id from products")
    async with shop(dsn) as (database, _connection), database.transaction(Pool.TALK) as session:
        assert (await create_batch(session, product, days, 1, NOW)).days == days
        for wrong in (days - 1, days + 1):
            if not 1 <= wrong <= MAX_DAYS:
                with pytest.raises(AccessTooFar):
                    await create_batch(session, product, wrong, 1, NOW)
        with pytest.raises(ProductUnknown):
            await create_batch(session, 2**40, days, 1, NOW)
        assert await count_batches(session) == 1


async def test_a_code_that_was_raised_since_is_on_until_it_is_switched_off_again(
    dsn: str, connection: asyncpg.Connection
) -> None:
    first, second = await school(connection, uses=2, people=2)
    code = await connection.fetchval("select id from promocodes")
    async with shop(dsn) as (database, _connection):
        async with database.transaction(Pool.TALK) as session:
            await switch_off(session, [code], NOW)
        await connection.execute("update promocodes set max_usage_count = 1")  # by the other application
        async with database.transaction(Pool.TALK) as session:
            await redeem(session, first, "race", NOW)
            with pytest.raises(PromoUsedUp):
                await redeem(session, second, "race", NOW)
            assert await count_users(session, [code]) == 1
            (off,) = await switch_off(session, [code], NOW)
            assert (off.before, off.after, (await get_code(session, code)).off_most) == (1, 1, 1)


async def test_uses_and_switching_at_once(dsn: str, connection: asyncpg.Connection) -> None:
    """Whatever comes first: off is never below the uses there are, and each use gave its days."""
    people = await school(connection, uses=8, people=8)
    code = await connection.fetchval("select id from promocodes")

    async with shop(dsn) as (database, _connection):

        async def use(person: int) -> None:
            async with database.transaction(Pool.TALK) as session:
                await redeem(session, person, "RACE", NOW)

        async def switch() -> int:
            async with database.transaction(Pool.TALK) as session:
                return len(await switch_off(session, [code], NOW))

        done = await asyncio.gather(
            *map(use, people[:4]), switch(), switch(), *map(use, people[4:]), return_exceptions=True
        )
    used = await connection.fetchval("select count(*) from promocodeusages")
    assert sorted(one for one in done if isinstance(one, int)) == [0, 1]
    assert sum(isinstance(one, PromoOff | PromoUsedUp) for one in done) == 8 - used
    assert sum(one is None for one in done) == used
    assert await connection.fetchval(MOST) == used
    assert await connection.fetchval("select count(*) from usermoduleaccess") == used


async def test_an_admin_waits_for_a_use_and_for_another_admin(
    dsn: str, connection: asyncpg.Connection
) -> None:
    """Neither has committed yet when the admin has pressed the button."""
    people = await school(connection, uses=5, people=2)
    code = await connection.fetchval("select id from promocodes")
    await add_codes(connection, "OTHER")
    async with shop(dsn) as (database, _connection):

        async def does(work: Callable[..., Awaitable[Any]], *args: Any) -> Any:
            async with database.transaction(Pool.TALK) as session:
                return await work(session, *args)

        async def meanwhile(first: Call, then: Call) -> Any:
            """What `then` comes to."""
            async with database.transaction(Pool.TALK) as session:
                await first[0](session, *first[1:])
                task = asyncio.create_task(does(*then))
                await until_waits(connection, task)
            return await task

        off: Call = (switch_off, [code], NOW)
        on: Call = (switch_on, [code])
        (switched,) = await meanwhile((redeem, people[0], "race", NOW), off)
        assert (switched.before, switched.after) == (5, 1)
        assert await meanwhile(on, on) == []
        assert await meanwhile(off, off) == []
        await does(*on)
        with pytest.raises(LimitBelowUses):
            await meanwhile((redeem, people[1], "race", NOW), (set_limit, code, 1))
        async with database.transaction(Pool.TALK) as session:
            await set_limit(session, code, 6)
            free = await connection.fetch("select code from promocodes for update skip locked")
            assert [row["code"] for row in free] == ["OTHER"], "nobody waits for another code"
    assert await connection.fetchval(MOST) == 6


async def test_a_batch_is_of_codes_for_one_use_each(dsn: str, connection: asyncpg.Connection) -> None:
    people = await school(connection, uses=1, people=2)
    product = await connection.fetchval("select product_id from products")
    signs = iter("RACERACE" + "ABCDEFGH" * 2 + "23456789" + "JKMNPQRS" * 200)
    async with shop(dsn) as (database, _connection), database.transaction(Pool.TALK) as session:
        await connection.execute("update promocodes set code = 'RaceRace'")
        assert await generate_codes(session, 2, lambda _signs: next(signs)) == ["ABCDEFGH", "23456789"]
        made = await create_batch(session, product, 7, 1000, NOW)
        assert (made.count, made.used, made.usable, made.days) == (1000, 0, 1000, 7)
        forms = text("select count(*) from bot.promo_forms f join bot.batch_codes b using (code_id)")
        assert await session.scalar(forms) == 1000  # no learner waits for them
        first, second = (await list_batch(session, made.id))[:2]
        await redeem(session, people[0], first.code.lower(), NOW)
        with pytest.raises(PromoUsedUp):
            await redeem(session, people[1], first.code, NOW)
        ids = await list_ids_of_batch(session, made.id)
        assert len(await switch_off(session, ids, NOW + timedelta(minutes=1))) == 1000
        with pytest.raises(PromoOff):
            await redeem(session, people[1], second.code, NOW)
        (batch,) = await list_batches(session, 0, 5)
        assert (batch.used, batch.usable) == (1, 0)
        await switch_on(session, ids)
        await redeem(session, people[1], second.code, NOW)
        assert await count_users(session, ids) == 2
        assert {one.user_id for one in await list_users(session, ids, 0, 8)} == set(people)
        assert [one.code for one in await list_codes(session, 0, 9)] == ["RaceRace"]
        assert len((await export_catalogue(session)).promos) == 1, "a batch is for no file"
        assert await find_promo(session, first.code) is not None


async def test_what_is_done_to_one_code_leaves_the_others(dsn: str, connection: asyncpg.Connection) -> None:
    """A batch that is off, one that is on, a code of neither, and a use of each."""
    people = await school(connection, uses=5, people=3)
    product = await connection.fetchval("select product_id from products")
    race = await connection.fetchval("select id from promocodes")
    async with shop(dsn) as (database, _connection), database.transaction(Pool.TALK) as session:
        off, on = [await create_batch(session, product, days, 2, NOW) for days in (7, 9)]
        (gone, unused), (used, free) = [await list_batch(session, one.id) for one in (off, on)]
        for number, (person, code) in enumerate(zip(people, (gone.code, "RACE", used.code), strict=True)):
            await redeem(session, person, code, NOW + timedelta(hours=number))
        switched = await switch_off(session, await list_ids_of_batch(session, off.id), NOW)
        assert [(one.id, one.before, one.after) for one in switched] == [(gone.id, 1, 1), (unused.id, 1, 0)]
        assert [(one.used, one.most, one.off_most) for one in await list_batch(session, on.id)] == [
            (1, 1, None),
            (0, 1, None),
        ]
        assert [(one.id, one.days, one.used, one.usable) for one in await list_batches(session, 0, 5)] == [
            (on.id, 9, 1, 1),
            (off.id, 7, 1, 0),
        ]
        assert [one.id for one in await list_batches(session, 1, 1)] == [off.id]
        assert (await get_batch(session, off.id)).count == await count_batches(session) == 2
        (single,) = await list_codes(session, 0, 5)
        assert (single.id, single.used, single.most, single.off_most) == (race, 1, 5, None)
        assert await count_codes(session) == 1
        await set_limit(session, race, 4)
        await set_limit(session, unused.id, 6)
        await set_limit(session, free.id, 1)
        assert [(await get_code(session, one)).most for one in (race, free.id)] == [4, 1]
        assert [one.id for one in await switch_on(session, [unused.id, race])] == [unused.id]
        found = [await get_code(session, one) for one in (gone.id, unused.id)]
        assert [(one.most, one.off_most) for one in found] == [(1, 1), (6, None)]
        switched = await switch_off(session, [free.id, race], NOW)
        assert [(one.id, one.before, one.after) for one in switched] == [(race, 4, 1), (free.id, 1, 0)]
        assert [one.id for one in await switch_on(session, [free.id, race])] == [race, free.id]
        await switch_off(session, [race], NOW)
        with pytest.raises(PromoUsedUp):  # it has as many uses as another one when that was switched off
            await redeem(session, people[0], used.code, NOW)
        for refused in (get_code(session, 2**40), get_batch(session, 2**40)):
            with pytest.raises(PromoGone):
                await refused


async def test_who_used_these_codes_is_listed_the_newest_first(
    dsn: str, connection: asyncpg.Connection
) -> None:
    people = await school(connection, uses=5, people=4)
    await add_codes(connection, "OTHER", "THIRD")
    race, other, _third = [row[0] for row in await connection.fetch("select id from promocodes order by id")]
    deleted = "insert into bot.deleted_accounts (user_id, deleted_at) values ($1, now())"
    await connection.execute(deleted, people[0])
    async with shop(dsn) as (database, _connection), database.transaction(Pool.TALK) as session:
        assert (await count_codes(session), await count_batches(session)) == (3, 0)
        assert await count_users(session, [race, other]) == 0
        for person, hours, code in zip(people, (0, 2, 1, 2), ("RACE", "OTHER", "THIRD", "RACE"), strict=True):
            await connection.execute(f"{USE} where code = $2", person, code)
            used_at = "update promocodeusages set used_at = $1 where user_id = $2"
            await connection.execute(used_at, NOW + timedelta(hours=hours), person)
        everybody = await list_all_users(session, [race, other])
        assert [(one.user_id, one.code, one.name, one.deleted) for one in everybody] == [
            (people[3], "RACE", "4@example.com", False),
            (people[1], "OTHER", "2@example.com", False),
            (people[0], "RACE", "1@example.com", True),
        ]
        assert await count_users(session, [race, other]) == 3
        assert await list_users(session, [race, other], 1, 1) == everybody[1:2]
