"""Merging while others write: nothing is left behind, nothing counts twice."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import asyncpg
import pytest

from db.account_ids import get_current_id
from db.accounts.registration import sign_in
from db.engine import Pool
from db.errors import NotMergeable
from db.merging.merging import merge
from db.promo import redeem
from tests.db.merging.people import CHAT, DAY, NOW, YEAR, People, registers

WAITING = (
    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
)


async def meanwhile(
    people: People, held: Callable[[Any], Awaitable[Any]], other: Callable[[], Coroutine[Any, Any, Any]]
) -> Any:
    """`other` begins while the transaction of `held` is still open, and waits for it."""
    async with people.database.transaction(Pool.TALK) as session:
        await held(session)
        waiting: asyncio.Task[Any] = asyncio.create_task(other())
        while not await people.sql.fetchval(WAITING):
            assert not waiting.done(), waiting
    return await waiting


async def merges_in(people: People, session: Any) -> None:
    await merge(session, people.born, people.site, NOW)


async def test_what_is_written_for_the_account_meanwhile_goes_to_the_other(people: People) -> None:
    await people.makes_code("SPRING", 20)
    offered = [
        lambda: people.redeems(people.born, "SPRING"),
        lambda: people.orders(people.born),
        lambda: people.grants(people.born, 5),
        lambda: signs_in(people),
    ]
    for act in offered:
        await meanwhile(people, lambda session: merges_in(people, session), act)
        assert await people.rows_of(people.born) == {}
        merge_id = await people.sql.fetchval("select max(id) from bot.merges")
        await people.undoes(merge_id)


async def signs_in(people: People) -> None:
    async with people.database.transaction(Pool.TALK) as session:
        await sign_in(session, people.born, CHAT, now=NOW, keep=YEAR)


async def test_a_merge_waits_for_what_is_being_written(people: People) -> None:
    await people.makes_code("SPRING", 20)
    await meanwhile(people, lambda session: redeem(session, people.born, "SPRING", NOW), people.merges)
    assert await people.rows_of(people.born) == {}
    assert await people.ends(people.site) == NOW + 20 * DAY


async def test_a_payment_that_is_being_settled_counts_once(people: People, dsn: str) -> None:
    """Whoever comes first; the merge has to wait for the purchase's row, or the payment for the merge."""
    key = await people.orders(people.born)
    other = await asyncpg.connect(dsn)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("select from purchases for update")
    both = asyncio.gather(people.pays(key), people.merges())
    while await people.sql.fetchval(WAITING) < 2:
        assert not both.done()
    await transaction.rollback()
    await other.close()
    await both
    assert await people.rows_of(people.born) == {}
    assert await people.ends(people.site) == NOW + 30 * DAY
    assert await people.sql.fetchval("select count(*) from bot.access_changes where source = 'purchase'") == 1


async def test_a_second_charge_meanwhile_is_moved_too(people: People, dsn: str) -> None:
    key = await people.orders(people.born)
    await people.pays(key)
    other = await asyncpg.connect(dsn)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("select from purchases for update")
    await other.execute(
        "insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days,"
        " currency, created_at) select user_id, product_id, 100, 'stars', 'pending', 'second', 30, 'XTR', now()"
        " from purchases"
    )
    merging = asyncio.create_task(people.merges())
    while not await people.sql.fetchval(WAITING):
        assert not merging.done()
    await transaction.commit()
    await other.close()
    await merging
    assert await people.sql.fetchval("select count(*) from purchases where user_id = $1", people.site) == 2


async def test_of_two_merges_at_once_one_is_refused(people: People) -> None:
    third = await registers(people.database, CHAT + 1)
    for first, second in (
        ((people.born, people.site), (people.born, people.site)),
        ((people.born, third), (third, people.born)),
        ((people.born, third), (people.born, people.site)),
    ):
        ends = await asyncio.gather(
            *(people.merges(from_id=one, into_id=other) for one, other in (first, second)),
            return_exceptions=True,
        )
        [refused] = [end for end in ends if isinstance(end, BaseException)]
        assert isinstance(refused, NotMergeable), refused
        [done] = [end for end in ends if not isinstance(end, BaseException)]
        await people.undoes(done.merge_id)


async def test_of_two_undoing_it_one_is_refused(people: People) -> None:
    await people.grants(people.born, 10)
    done = await people.merges()
    ends = await asyncio.gather(
        people.undoes(done.merge_id), people.undoes(done.merge_id), return_exceptions=True
    )
    assert sum(isinstance(end, Exception) for end in ends) == 1
    assert await people.ends(people.born) == NOW + 10 * DAY


async def test_the_id_of_an_account_leads_to_where_it_went(people: People) -> None:
    third = await registers(people.database, CHAT + 1)
    await people.merges(into_id=third)
    last = await people.merges(from_id=third)
    assert await current(people, people.born) == people.site
    await people.undoes(last.merge_id)
    assert await current(people, people.born) == third


async def current(people: People, user: int) -> int:
    async with people.database.transaction(Pool.TALK) as session:
        return await get_current_id(session, user)


@pytest.mark.parametrize("kind", ["born", "site"])
async def test_an_account_that_is_gone_stands_for_itself(people: People, kind: str) -> None:
    assert await current(people, getattr(people, kind)) == getattr(people, kind)
