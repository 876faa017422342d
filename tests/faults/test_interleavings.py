"""Two transactions stepped through the orders of their statements: whoever comes first, the books agree."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from db import promo
from db.access import grants
from db.accounts import registration
from db.deleting.deleting import DeletionKind, delete_account
from db.engine import Database, Pool
from db.errors import AlreadyUndone, PromoUsedByYou, PromoUsedUp, Refused
from db.lessons.lessons import record_finished
from db.merging.merging import merge
from db.payments import attempts, orders, purchases
from db.payments.methods import PaymentMethod
from db.payments.settling import Outcome, PaymentSnapshot, settle
from db.refunds import booking
from db.refunds.booking import ReturnedMoney
from db.shop import courses
from tests.app import SMALL
from tests.faults.owed_steps import LINK, SCHOOL, SHOP, numbers, payment_id
from tests.faults.turns import Act, Turns, all_orders, stepping
from tests.faults.verdict import check_ends

T = TypeVar("T")
LESSON = """
insert into bot.lessons (key, module_id, position, title, text, preview)
select 'first', min(id), 1, 'First', 'First', true from modules returning id
"""


@dataclass
class Scene:
    """A school; each run of a pair has people of its own."""

    database: Database
    sql: asyncpg.Connection
    offer: courses.OfferDetails
    lesson: int
    now: datetime

    async def do(self, act: Callable[[AsyncSession], Awaitable[T]]) -> T:
        async with self.database.transaction(Pool.JOBS) as session:
            return await act(session)

    async def person(self) -> tuple[int, int]:
        """Account and Telegram id."""
        telegram = 10**10 + next(numbers)
        opened = await self.do(
            lambda session: registration.create_account(
                session, telegram, name="L", now=self.now, keep=timedelta(days=365)
            )
        )
        assert opened is not None
        return opened.user_id, telegram

    async def order(self, user: int, telegram: int) -> tuple[int, PaymentSnapshot]:
        """A link that was made: the purchase, and its payment as it is shown once it is paid."""
        key, payment = f"key-{next(numbers)}", payment_id()
        opened = await self.do(
            lambda session: orders.open_attempt(
                session, user, telegram, self.offer, PaymentMethod.LINK, key, None, self.now
            )
        )
        order = await self.do(lambda session: attempts.get_attempt(session, opened.attempt_id))
        assert order is not None
        await self.do(
            lambda session: attempts.record_answer(
                session, order, payment_id=payment, link="https://pay.example/1",
                link_ends_at=self.now + LINK, test=False, recipient=SHOP, next_ask_at=self.now, now=self.now,
            )
        )  # fmt: skip
        return order.purchase_id, PaymentSnapshot(
            payment_id=payment, status="succeeded", paid=True, amount=self.offer.price,
            currency=self.offer.currency, key=key, test=False, recipient=SHOP, refunded=0, at=self.now,
            receipt=None, cancellation=None,
        )  # fmt: skip

    async def code(self, uses: int) -> str:
        name = f"CODE{next(numbers)}"
        await self.do(lambda session: promo.create_promo(session, name, self.offer.product_id, 14, uses))
        return name

    async def sources(self, user: int) -> Counter[str]:
        """Days of all changes of the account's access, by source."""
        rows = await self.sql.fetch("select source, days from bot.access_changes where user_id = $1", user)
        found: Counter[str] = Counter()
        for row in rows:
            found[row["source"]] += row["days"]
        return found

    async def all_orders(self, pair: "Pair", changes: int) -> int:
        async def run(order: Sequence[int]) -> Turns:
            acts, check = await pair(self)
            turns = Turns(self.database, self.sql, acts)
            ends = await turns.take(order)
            unexpected = [end for end in ends if isinstance(end, Exception) and not isinstance(end, Refused)]
            said = f"in the order {turns.chosen}: {ends}"
            assert unexpected == [], said
            await check(ends, said)
            return turns

        async with stepping():
            return await all_orders(run, changes)


Check = Callable[[list[Any], str], Awaitable[None]]
Pair = Callable[[Scene], Awaitable[tuple[Sequence[Act], Check]]]


@pytest.fixture
async def scene(dsn: str) -> AsyncIterator[Scene]:
    database = Database(dsn, sizes=SMALL)
    sql = await asyncpg.connect(dsn)
    await sql.execute(SCHOOL)
    name = await sql.fetchval("select current_database()")
    await sql.execute(f"alter database {name} set deadlock_timeout = '20ms'")
    async with database.transaction(Pool.JOBS) as session:
        offer = await courses.get_offer(session, 1)
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
    back = PaymentSnapshot(**{**_fields(paid), "refunded": paid.amount})

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


async def a_lesson_twice(scene: Scene) -> tuple[Sequence[Act], Check]:
    user, _ = await scene.person()

    async def check(ends: list[Any], said: str) -> None:
        assert not any(isinstance(end, Exception) for end in ends), said
        rows = await scene.sql.fetchval("select count(*) from progress where user_id = $1", user)
        assert rows == 1, said

    return [lambda session: record_finished(session, user, scene.lesson, scene.now)] * 2, check


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


def _fields(snapshot: PaymentSnapshot) -> dict[str, Any]:
    return {name: getattr(snapshot, name) for name in PaymentSnapshot.__slots__}


PAIRS: list[Pair] = [
    settle_twice,
    settle_and_refund,
    one_promo_twice,
    the_last_use_of_a_promo,
    grant_and_undo,
    undo_twice,
    merge_and_callback,
    a_lesson_twice,
    redeem_and_delete,
]


@pytest.mark.proof
@pytest.mark.parametrize("changes", [1, 3])
async def test_every_order_ends_well(scene: Scene, changes: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Those in which the turn is taken at most so many times from somebody who could go on."""
    for pair in PAIRS:
        count = await scene.all_orders(pair, changes)
        with capsys.disabled():
            print(f"\n{pair.__name__:24}{count:6} orders", end="", flush=True)
        assert count > changes
    assert await check_ends(scene.sql) == []
