"""Two transactions stepped through the orders of their statements: whoever comes first, the books agree."""

import os
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from db import promo
from db.access import grants
from db.deleting.deleting import DeletionKind, delete_account
from db.engine import Database, Pool
from db.errors import AlreadyUndone, PromoUsedByYou, PromoUsedUp, Refused
from db.lessons.lessons import get_lesson, record_finished
from db.merging.merging import merge
from db.merging.undoing import undo_merge
from db.payments import purchases
from db.payments.settling import Outcome, settle
from db.refunds import booking
from db.refunds.booking import ReturnedMoney
from db.shop import courses
from tests.app import SMALL
from tests.faults.owed_steps import SCHOOL, payment_id
from tests.faults.scene import Check, Pair, Scene
from tests.faults.turns import Act

RESULT = "insert into bot.results (key, name, passed, position) values ('done', 'Done', true, 1)"
LESSON = """
insert into bot.lessons (key, module_id, position, title, text, preview)
select 'first', min(id), 1, 'First', 'First', true from modules returning id
"""


@pytest.fixture
async def scene(dsn: str) -> AsyncIterator[Scene]:
    database = Database(dsn, sizes=SMALL)
    sql = await asyncpg.connect(dsn)
    await sql.execute(SCHOOL)
    name = await sql.fetchval("select current_database()")
    await sql.execute(f"alter database {name} set deadlock_timeout = '20ms'")
    async with database.transaction(Pool.JOBS) as session:
        offer = await courses.get_offer(session, 1)
    await sql.execute(RESULT)
    lesson = await sql.fetchval(LESSON)
    yield Scene(database, sql, offer, lesson, datetime.now(UTC))
    await sql.close()
    await database.close()


async def settle_twice(scene: Scene) -> tuple[Sequence[Act], Check]:
    user, telegram = await scene.person()
    _, paid = await scene.order(user, telegram)

    async def check(ends: list[Any], said: str) -> None:
        assert sorted(end.outcome for end in ends) == [Outcome.NO_NEWS, Outcome.SUCCEEDED], said
        assert await scene.sources(user) == {"purchase": 30}, said

    return [lambda session: settle(session, paid, scene.now)] * 2, check


async def settle_and_refund(scene: Scene) -> tuple[Sequence[Act], Check]:
    """The callback of a payment, and that of its refund: it has fetched the payment after the money was back."""
    user, telegram = await scene.person()
    purchase_id, paid = await scene.order(user, telegram)
    back = replace(paid, refunded=paid.amount)

    async def refund(session: AsyncSession) -> Any:
        await settle(session, back, scene.now)
        purchase = await purchases.lock_purchase(session, purchase_id)
        assert purchase is not None
        returned = ReturnedMoney(payment_id(), paid.amount, paid.currency, "by hand")
        return await booking.book_refund(session, purchase, returned, scene.now)

    async def check(ends: list[Any], said: str) -> None:
        assert sum((await scene.sources(user)).values()) == 0, said
        status = await scene.sql.fetchval("select status from purchases where id = $1", purchase_id)
        assert status == "refunded", said

    return [lambda session: settle(session, paid, scene.now), refund], check


async def one_promo_twice(scene: Scene) -> tuple[Sequence[Act], Check]:
    user, _ = await scene.person()
    code = await scene.code(5)

    async def check(ends: list[Any], said: str) -> None:
        assert sorted(type(end) is PromoUsedByYou for end in ends) == [False, True], said
        assert await scene.sources(user) == {"promo": 14}, said

    return [lambda session: promo.redeem(session, user, code, scene.now)] * 2, check


async def the_last_use_of_a_promo(scene: Scene) -> tuple[Sequence[Act], Check]:
    users = [(await scene.person())[0] for _ in range(2)]
    code = await scene.code(1)

    async def check(ends: list[Any], said: str) -> None:
        assert sorted(type(end) is PromoUsedUp for end in ends) == [False, True], said
        assert sum([(await scene.sources(user))["promo"] for user in users]) == 14, said

    def redeem(user: int) -> Act:
        return lambda session: promo.redeem(session, user, code, scene.now)

    return [redeem(user) for user in users], check


async def grant_and_undo(scene: Scene) -> tuple[Sequence[Act], Check]:
    """Days are given while those given before are undone."""
    (user, _), (admin, _) = await scene.person(), await scene.person()

    def grant(days: int) -> Act:
        return lambda session: grants.create_grant(
            session, admin, user, scene.offer.product_id, days, scene.now
        )

    first = await scene.do(grant(30))

    async def check(ends: list[Any], said: str) -> None:
        assert await scene.sources(user) == {"grant": 37, "undo": -30}, said
        ends_at = await scene.sql.fetchval("select ends_at from usermoduleaccess where user_id = $1", user)
        assert ends_at - scene.now == timedelta(days=7), said

    return [grant(7), lambda session: grants.undo_grant(session, admin, first.change.id, scene.now)], check


async def undo_twice(scene: Scene) -> tuple[Sequence[Act], Check]:
    (user, _), (admin, _) = await scene.person(), await scene.person()
    first = await scene.do(
        lambda session: grants.create_grant(session, admin, user, scene.offer.product_id, 30, scene.now)
    )

    async def check(ends: list[Any], said: str) -> None:
        assert sorted(type(end) is AlreadyUndone for end in ends) == [False, True], said
        assert await scene.sources(user) == {"grant": 30, "undo": -30}, said

    return [lambda session: grants.undo_grant(session, admin, first.change.id, scene.now)] * 2, check


async def merge_and_callback(scene: Scene) -> tuple[Sequence[Act], Check]:
    """The payment of an account that is being merged into another one, which has days of its own."""
    (source, telegram), (target, _) = await scene.person(), await scene.person()
    purchase_id, paid = await scene.order(source, telegram)
    await scene.do(
        lambda session: grants.create_grant(session, target, target, scene.offer.product_id, 10, scene.now)
    )

    async def check(ends: list[Any], said: str) -> None:
        assert not any(isinstance(end, Exception) for end in ends), said
        rows = await scene.sql.fetch(
            "select user_id, ends_at from usermoduleaccess where user_id = any($1)", [source, target]
        )
        assert [(row["user_id"], row["ends_at"] - scene.now) for row in rows] == [
            (target, timedelta(days=40))
        ], said
        row = await scene.sql.fetchrow("select user_id, status from purchases where id = $1", purchase_id)
        assert tuple(row) == (target, "succeeded"), said

    return [
        lambda session: merge(session, source, target, scene.now),
        lambda session: settle(session, paid, scene.now),
    ], check


async def separate_and_callback(scene: Scene) -> tuple[Sequence[Act], Check]:
    """The payment of an account that had nothing, while its merge is undone: its days are its own."""
    (source, telegram), (target, _) = await scene.person(), await scene.person()
    _, paid = await scene.order(source, telegram)
    await scene.do(
        lambda session: grants.create_grant(session, target, target, scene.offer.product_id, 10, scene.now)
    )
    made = await scene.do(lambda session: merge(session, source, target, scene.now))

    async def check(ends: list[Any], said: str) -> None:
        rows = await scene.sql.fetch(
            "select user_id, ends_at from usermoduleaccess where user_id = any($1)", [source, target]
        )
        found = {row["user_id"]: row["ends_at"] - scene.now for row in rows}
        assert found == {source: timedelta(days=30), target: timedelta(days=10)}, said

    return [
        lambda session: undo_merge(session, made.merge_id, scene.now),
        lambda session: settle(session, paid, scene.now),
    ], check


async def a_lesson_twice(scene: Scene) -> tuple[Sequence[Act], Check]:
    user, _ = await scene.person()

    async def finish(session: AsyncSession) -> Any:
        page = await get_lesson(session, scene.lesson, user, scene.now)
        return await record_finished(session, user, page, scene.now)

    async def check(ends: list[Any], said: str) -> None:
        assert not any(isinstance(end, Exception) for end in ends), said
        rows = await scene.sql.fetchval("select count(*) from progress where user_id = $1", user)
        assert rows == 1, said

    return [finish] * 2, check


async def redeem_and_delete(scene: Scene) -> tuple[Sequence[Act], Check]:
    """What is used stays used by whoever has deleted the account; a deleted one gets nothing."""
    user, telegram = await scene.person()
    code = await scene.code(5)

    async def check(ends: list[Any], said: str) -> None:
        redeemed, deleted = ends
        assert not isinstance(deleted, Exception), said
        used = await scene.sql.fetchval(
            "select count(*) from bot.used_codes u join promocodes c on c.id = u.code_id where c.code = $1",
            code,
        )
        given = await scene.sources(user)
        assert (used, given) == ((0, {}) if isinstance(redeemed, Refused) else (1, {"promo": 14})), said

    return [
        lambda session: promo.redeem(session, user, code, scene.now),
        lambda session: delete_account(session, user, telegram, DeletionKind.ERASED, scene.now),
    ], check


PAIRS: list[Pair] = [
    settle_twice,
    settle_and_refund,
    one_promo_twice,
    the_last_use_of_a_promo,
    grant_and_undo,
    undo_twice,
    a_lesson_twice,
]
LONG: list[Pair] = [
    merge_and_callback,
    separate_and_callback,
    redeem_and_delete,
]  # minutes: they walk every foreign key
SAMPLE = 20  # of their orders in which the turn is taken three times


each = pytest.mark.parametrize("pair", PAIRS, ids=[pair.__name__ for pair in PAIRS])


@pytest.mark.proof
@each
async def test_the_turn_is_taken_once(scene: Scene, pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    await ends_well(scene, pair, 1, capsys)


@pytest.mark.proof
@each
async def test_the_turn_is_taken_three_times(
    scene: Scene, pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    await ends_well(scene, pair, 3, capsys)


@pytest.mark.proof
@pytest.mark.parametrize("pair", LONG, ids=[pair.__name__ for pair in LONG])
async def test_accounts_that_are_merged_or_deleted(
    scene: Scene, pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once wherever it can be, and three times by chance: all of those would take days."""
    seed = int(os.environ.get("ORDERS_SEED", random.randrange(10**6)))
    await ends_well(scene, pair, 1, capsys)
    with capsys.disabled():
        print(f"and {SAMPLE} of ORDERS_SEED={seed}", end=" ", flush=True)
    await scene.some_orders(pair, SAMPLE, seed)


async def ends_well(scene: Scene, pair: Pair, changes: int, capsys: pytest.CaptureFixture[str]) -> None:
    """In all orders that take the turn at most so many times from somebody who could go on. Merging and deleting
    read a hundred times, to walk every foreign key: there the turn is taken before what locks, writes or commits."""
    count = await scene.all_orders(pair, changes, coarse=pair in LONG)
    with capsys.disabled():
        print(f"\n{pair.__name__}: {count} orders", end=" ", flush=True)
    assert count > changes
