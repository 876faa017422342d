"""Who has used a promo code: also for an account that is gone."""

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from db.access.limits import MAX_DAYS
from db.engine import Pool
from db.errors import AccessTooFar, PromoUnknown, PromoUsedByYou
from db.promo import create_promo, get_preview, list_uses, record_used_codes, redeem
from db.server_keys import ensure_server_key
from tests.db.test_promo import HOUR, NOW, add_codes, school, shop


async def test_who_used_a_code_for_an_account_that_is_gone_is_known_again(
    dsn: str, connection: asyncpg.Connection
) -> None:
    """By the chats of that account, and by the first use of any of them; nobody else is."""
    anna, ben, carl, dora = await school(connection, uses=9, people=4)
    await add_codes(connection, "OTHER")
    own = "insert into authidentities (user_id, loginprovider, providerkey) values ($1, 'telegram', $2)"
    await connection.executemany(own, [(ben, "111"), (carl, "222"), (dora, "112"), (dora, "333")])
    async with shop(dsn) as (database, _connection), database.transaction(Pool.TALK) as session:
        await ensure_server_key(session, "for something else")
        await redeem(session, anna, "race", NOW)
        await record_used_codes(session, anna, [111, 112])
        await redeem(session, carl, "race", NOW + HOUR)
        await record_used_codes(session, carl, [111, 333])
        for person in (ben, dora):
            with pytest.raises(PromoUsedByYou) as used:
                await redeem(session, person, "race", NOW + 2 * HOUR)
            assert used.value == PromoUsedByYou("RACE", NOW)
            assert await list_uses(session, person, 5) == []
            assert (await get_preview(session, "other", person, 111)).code == "OTHER"
        with pytest.raises(PromoUsedByYou):
            await get_preview(session, "race", None, 112)
        assert (await get_preview(session, "race", None, 444)).days == 7
        with pytest.raises(PromoUnknown):
            await get_preview(session, "nothing", None, 444)


async def test_of_two_uses_by_one_person_the_first_one_counts(
    dsn: str, connection: asyncpg.Connection
) -> None:
    """As the other application may write them down. It stays so when the account is gone."""
    (anna,) = await school(connection, uses=9, people=1)
    use = "insert into promocodeusages (user_id, code_id, used_at) select $1, id, $2 from promocodes"
    for used_at in (NOW + HOUR, NOW, NOW + 2 * HOUR):
        await connection.execute(use, anna, used_at)
    async with shop(dsn) as (database, _connection), database.transaction(Pool.TALK) as session:
        await record_used_codes(session, anna, [111])
        for asked in (
            redeem(session, anna, "race", NOW + 3 * HOUR),
            get_preview(session, "race", anna, 222),
            get_preview(session, "race", None, 111),
        ):
            with pytest.raises(PromoUsedByYou) as used:
                await asked
            assert used.value == PromoUsedByYou("RACE", NOW)
        assert len(await list_uses(session, anna, 5)) == 3, "and none is added"


async def test_access_that_would_reach_too_far_is_refused_and_the_code_stays_unused(
    dsn: str, connection: asyncpg.Connection
) -> None:
    anna, ben = await school(connection, uses=1, people=2)
    await connection.execute(
        "insert into usermoduleaccess (user_id, module_id, ends_at) select $1, id, '9000-12-30+00' from modules",
        anna,
    )
    async with shop(dsn) as (database, _connection):
        with pytest.raises(AccessTooFar):
            async with database.transaction(Pool.TALK) as session:
                await redeem(session, anna, "race", NOW)
        async with database.transaction(Pool.TALK) as session:
            assert await list_uses(session, anna, 5) == []
            for days in (MAX_DAYS + 1, -MAX_DAYS - 1, 0):  # the other application knows no limit
                await session.execute(text("update promocodes set days = :days"), {"days": days})
                with pytest.raises(AccessTooFar):
                    await redeem(session, ben, "race", NOW)
            await session.execute(text("update promocodes set days = :days"), {"days": MAX_DAYS})
            await redeem(session, ben, "race", NOW)


async def test_a_code_whose_id_another_one_has_is_made_at_the_next_try(
    dsn: str, connection: asyncpg.Connection
) -> None:
    """An import brought an id of its own: that is not a code that is there already."""
    await school(connection, uses=1, people=1)
    await connection.execute(
        "insert into promocodes (id, code, max_usage_count, days, product_id)"
        " overriding system value select id + 1, 'IMPORTED', 1, 1, product_id from promocodes"
    )
    product = await connection.fetchval("select min(product_id) from products")
    async with shop(dsn) as (database, _connection):
        with pytest.raises(IntegrityError):
            async with database.transaction(Pool.TALK) as session:
                await create_promo(session, "SPRING", product, 7, 1)
        async with database.transaction(Pool.TALK) as session:
            assert (await create_promo(session, "SPRING", product, 7, 1)).code == "SPRING"


async def test_of_uses_at_one_moment_the_later_one_comes_first(
    dsn: str, connection: asyncpg.Connection
) -> None:
    (anna,) = await school(connection, uses=1, people=1)
    await add_codes(connection, "SECOND", "THIRD")
    async with shop(dsn) as (database, _connection), database.transaction(Pool.TALK) as session:
        for code in ("second", "race", "third"):
            await redeem(session, anna, code, NOW)
        assert [one.code for one in await list_uses(session, anna, 5)] == ["THIRD", "RACE", "SECOND"]
