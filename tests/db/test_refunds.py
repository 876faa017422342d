"""Refunds: how many days go with the money, what is reserved and refused, and that each is booked once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import asyncpg
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.access.changes import Source, change_access
from db.engine import Database, Pool
from db.errors import (
    NotRefundable,
    PurchaseForeign,
    PurchaseUnknown,
    RefundAsked,
    RefundByHand,
    RefundGone,
    RefundTooMuch,
    Refused,
    StarsInFullOnly,
)
from db.payments import purchases
from db.refunds import booking, requests
from db.refunds.booking import BookedRefund, ReturnedMoney
from db.refunds.days import PurchaseBalance, days_until
from db.refunds.requests import RefundPlan, RefundStatus, RefundTask

T = TypeVar("T")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OLGA = 7000000003
PRICE, DAYS = 99_000, 30


class TestRule:
    """The arithmetic alone."""

    @given(st.data())
    def test_never_more_than_the_rule_nor_the_days_left(self, data: st.DataObject) -> None:
        """Refunds at any moments, with access of other causes before and after the purchase's own days."""
        amount = data.draw(st.integers(1, 10**6), "amount")
        days = data.draw(st.integers(1, 400), "days")
        own_end = NOW + data.draw(st.integers(0, 50), "open before") * DAY + days * DAY
        others = data.draw(st.integers(0, 100), "open after") * DAY
        refunded = taken = 0
        now = NOW
        for part in data.draw(st.lists(st.integers(1, amount), max_size=6), "parts"):
            now += timedelta(hours=data.draw(st.integers(0, 24 * 60), "pause"))
            refunded = min(amount, refunded + part)
            end = own_end + others - taken * DAY
            stands = PurchaseBalance(days, amount, refunded, 0, days, taken, own_end, end, False)
            more = stands.to_take(refunded, now)
            assert more >= 0
            taken += more
            assert taken <= days * refunded // amount
            if more:
                assert now + (more - 1) * DAY < own_end - (taken - more) * DAY
                assert now + (more - 1) * DAY < end

    @given(st.integers(1, 400), st.lists(st.integers(1, 10**5), min_size=1, max_size=12))
    def test_parts_sum_to_exactly_what_one_refund_takes(self, days: int, parts: list[int]) -> None:
        amount = sum(parts)
        refunded = taken = 0
        for part in parts:
            refunded += part
            end = NOW + (days - taken) * DAY
            stands = PurchaseBalance(days, amount, refunded, 0, days, taken, NOW + days * DAY, end, False)
            taken += stands.to_take(refunded, NOW)
            assert taken == days * refunded // amount
        assert taken == days

    @pytest.mark.parametrize(
        ("passed", "left"), [(0, 2), (1, 2), (24 * 3600, 1), (2 * 24 * 3600 - 1, 1), (2 * 24 * 3600, 0)]
    )
    def test_a_day_begun_is_unused_until_it_is_over(self, passed: int, left: int) -> None:
        assert days_until(NOW + 2 * DAY, NOW + timedelta(seconds=passed)) == left

    def test_what_was_back_before_settling_was_never_given(self) -> None:
        stands = PurchaseBalance(30, 300, 100, 0, 20, 0, NOW + 20 * DAY, NOW + 20 * DAY, False)
        assert (stands.to_take(100, NOW), stands.to_take(200, NOW), stands.to_take(300, NOW)) == (0, 10, 20)

    def test_endless_access_bounds_nothing(self) -> None:
        stands = PurchaseBalance(30, 300, 0, 0, 30, 0, None, None, True)
        assert stands.to_take(300, NOW) == 30

    def test_without_access_there_is_nothing_to_take(self) -> None:
        stands = PurchaseBalance(30, 300, 0, 0, 30, 0, NOW + 30 * DAY, None, False)
        assert stands.to_take(300, NOW) == 0


@dataclass
class School:
    """One learner, one module; `buys` makes purchases that are paid and credited."""

    database: Database
    sql: asyncpg.Connection
    anna: int
    module: int
    product: int
    count: int = 0

    async def buys(self, now: datetime = NOW, credited: int = DAYS, **changed: Any) -> int:
        self.count += 1
        values: dict[str, Any] = {
            "amount_cents": PRICE,
            "provider": "yookassa",
            "status": "succeeded",
            "provider_payment_id": payment_id(self.count),
            "currency": "RUB",
        } | changed
        purchase: int = await self.sql.fetchval(
            "insert into purchases (user_id, product_id, days, created_at, purchased_at, amount_cents, provider,"
            " status, provider_payment_id, currency) values ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9) returning id",
            self.anna,
            self.product,
            DAYS,
            now,
            *values.values(),
        )
        await self.sql.execute(
            "insert into bot.payment_attempts (purchase_id, user_id, telegram_id, method, key, request, created_at,"
            " closed_at) values ($1, $2, 7000000001, 'link', $3, '{}', $4, $4)",
            purchase,
            self.anna,
            f"key-{self.count}",
            now,
        )
        if values["status"] == "succeeded":
            await self.gives(credited, Source.PURCHASE, purchase, now)
        return purchase

    async def gives(self, days: int, source: Source, cause: int, now: datetime = NOW) -> None:
        async with self.database.transaction(Pool.JOBS) as session:
            await change_access(session, self.anna, self.module, days, source, cause, now)

    async def drafts(self, purchase: int, amount: int | None = None, now: datetime = NOW) -> RefundPlan:
        self.count += 1
        async with self.database.transaction(Pool.TALK) as session:
            plan = await requests.create_draft(session, purchase, amount, OLGA, f"refund-{self.count}", now)
            await requests.record_request(session, plan.refund_id, request(plan.refund_id))
        return plan

    async def confirms(self, refund: int, now: datetime = NOW) -> RefundPlan:
        async with self.database.transaction(Pool.TALK) as session:
            return await requests.record_confirmation(session, refund, now)

    async def asks(self, purchase: int, amount: int | None = None, now: datetime = NOW) -> RefundTask:
        """Confirmed and sent, without an answer yet."""
        plan = await self.drafts(purchase, amount, now)
        await self.confirms(plan.refund_id, now)
        async with self.database.transaction(Pool.JOBS) as session:
            await requests.mark_sent(session, plan.refund_id, now)
        return await self.task(plan.refund_id)

    async def task(self, refund: int) -> RefundTask:
        async with self.database.transaction(Pool.JOBS) as session:
            found = await requests.get_task(session, refund)
        assert found is not None
        return found

    async def returned(
        self,
        purchase: int,
        amount: int,
        name: str,
        now: datetime = NOW,
        currency: str = "RUB",
        description: str | None = None,
    ) -> BookedRefund | None:
        async with self.database.transaction(Pool.MONEY) as session:
            row = await purchases.lock_purchase(session, purchase)
            assert row is not None
            told = ReturnedMoney(name, amount, currency, description)
            return await booking.book_refund(session, row, told, now)

    async def locked(self, purchase: int, do: Callable[..., Awaitable[T]], *values: Any) -> T:
        async with self.database.transaction(Pool.MONEY) as session:
            await purchases.lock_purchase(session, purchase)
            return await do(session, *values)

    async def ends_at(self) -> datetime | None:
        found: datetime | None = await self.sql.fetchval("select ends_at from usermoduleaccess")
        return found

    async def status(self, purchase: int) -> str:
        found: str = await self.sql.fetchval("select status from purchases where id = $1", purchase)
        return found

    async def rows(self) -> list[tuple[Any, ...]]:
        """Status, amount, days taken."""
        found = await self.sql.fetch("select status, amount, days_taken from bot.refunds order by id")
        return [tuple(row) for row in found]


def payment_id(number: int) -> str:
    return f"22e12f66-000f-5000-8000-{number:012x}"


def request(refund: int) -> str:
    return orjson.dumps({"description": f"Refund {refund}"}).decode()


@pytest.fixture
async def school(dsn: str, connection: asyncpg.Connection) -> AsyncIterator[School]:
    anna = await connection.fetchval(
        "insert into users (name, email, created_at) values ('Anna', 'anna@example.com', now()) returning id"
    )
    module = await connection.fetchval(
        "insert into modules (name, interval_count) values ('Chess', 5) returning id"
    )
    product = await connection.fetchval(
        "insert into products (name, module_id) values ('A month', $1) returning product_id", module
    )
    database = Database(dsn)
    yield School(database, connection, anna, module, product)
    await database.close()


async def test_a_draft_tells_what_will_happen_and_changes_nothing(school: School) -> None:
    purchase = await school.buys()
    plan = await school.drafts(purchase, 33_000)
    assert (plan.amount, plan.days) == (33_000, 10)
    assert (plan.purchase.product, plan.purchase.payer) == ("A month", 7000000001)
    assert (plan.balance.access_end, plan.ends_at) == (NOW + 30 * DAY, NOW + 20 * DAY)
    assert await school.ends_at() == NOW + 30 * DAY
    assert (await school.drafts(purchase)).amount == PRICE


async def test_a_full_refund_takes_all_days_and_ends_the_purchase(school: School) -> None:
    purchase = await school.buys()
    refund = await school.asks(purchase)
    done = await school.returned(purchase, PRICE, "r-1")
    assert done is not None
    assert done.refund.id == refund.id
    assert done.change is not None
    assert (done.change.days, done.change.after) == (-30, NOW)
    assert await school.ends_at() == NOW
    assert await school.status(purchase) == "refunded"
    with pytest.raises(NotRefundable) as caught:
        await school.drafts(purchase)
    assert caught.value.status == "refunded"


async def test_partial_refunds_sum_exactly(school: School) -> None:
    purchase = await school.buys()
    parts = [14_143, 14_143, 14_143, 14_143, 14_143, 14_143, 14_142]
    back = 0
    for number, part in enumerate(parts):
        planned = (await school.asks(purchase, part)).id
        await school.returned(purchase, part, f"r-{number}")
        back += part
        taken = await school.sql.fetchval("select sum(days_taken) from bot.refunds")
        assert taken == DAYS * back // PRICE
        assert (await school.task(planned)).status == RefundStatus.SUCCEEDED
        assert await school.status(purchase) == ("refunded" if back == PRICE else "succeeded")
    assert await school.ends_at() == NOW


async def test_the_plan_is_what_happens(school: School) -> None:
    """Also with another refund on its way, which takes its days first."""
    purchase = await school.buys()
    later = NOW + 12 * DAY
    await school.asks(purchase, 49_500, later)
    plan = await school.drafts(purchase, 49_500, later)
    await school.confirms(plan.refund_id, later)
    first = await school.returned(purchase, 49_500, "r-1", later)
    second = await school.returned(purchase, 49_500, "r-2", later)
    assert first is not None
    assert first.change is not None
    assert second is not None
    assert second.change is not None
    assert (first.change.days, second.change.days) == (-15, -plan.days)
    assert plan.days == 3


async def test_days_lived_through_are_not_taken(school: School) -> None:
    purchase = await school.buys()
    later = NOW + 25 * DAY + timedelta(hours=1)
    await school.asks(purchase, now=later)
    done = await school.returned(purchase, PRICE, "r-1", later)
    assert done is not None
    assert done.change is not None
    assert done.change.days == -5
    assert await school.ends_at() == NOW + 25 * DAY


async def test_once_all_days_are_lived_through_money_goes_back_alone(school: School) -> None:
    purchase = await school.buys()
    done = await school.returned(purchase, PRICE, "r-1", NOW + 31 * DAY)
    assert done is not None
    assert done.change is None
    assert await school.ends_at() == NOW + 30 * DAY
    assert await school.status(purchase) == "refunded"


async def test_access_of_other_causes_is_not_taken(school: School) -> None:
    """Half of it back on the first day took 15 days; ten days later only 5 are left of this purchase's own."""
    first = await school.buys()
    await school.buys()
    await school.returned(first, PRICE // 2, "r-1")
    done = await school.returned(first, PRICE // 2, "r-2", NOW + 10 * DAY)
    assert done is not None
    assert done.change is not None
    assert done.change.days == -5
    assert await school.ends_at() == NOW + 40 * DAY


async def test_days_a_revocation_took_are_not_taken_again(school: School) -> None:
    purchase = await school.buys()
    await school.gives(-28, Source.GRANT, 1)
    done = await school.returned(purchase, PRICE, "r-1")
    assert done is not None
    assert done.change is not None
    assert done.change.days == -2


async def test_endless_access_stays(school: School) -> None:
    purchase = await school.buys()
    await school.sql.execute("update usermoduleaccess set ends_at = 'infinity'")
    plan = await school.drafts(purchase)
    assert plan.balance.endless
    done = await school.returned(purchase, PRICE, "r-1")
    assert done is not None
    assert done.balance.endless
    assert await school.sql.fetchval("select ends_at = 'infinity' from usermoduleaccess")


async def test_access_that_was_deleted_stops_no_refund(school: School) -> None:
    purchase = await school.buys()
    await school.sql.execute("delete from usermoduleaccess")
    done = await school.returned(purchase, PRICE, "r-1")
    assert done is not None
    assert done.change is None


async def test_what_was_back_before_settling_takes_nothing_more(school: School) -> None:
    """Settling gave 20 of the 30 days, because a third of the money was back by then."""
    purchase = await school.buys(credited=20)
    done = await school.returned(purchase, PRICE // 3, "r-1")
    assert done is not None
    assert done.change is None
    rest = await school.returned(purchase, PRICE - PRICE // 3, "r-2")
    assert rest is not None
    assert rest.change is not None
    assert rest.change.days == -20


@pytest.mark.parametrize(
    ("changed", "amount", "refusal"),
    [
        ({"status": "pending"}, None, NotRefundable),
        ({"status": "canceled"}, None, NotRefundable),
        ({"provider_payment_id": "tg:charge"}, None, RefundByHand),
        ({"provider": "stars", "currency": "XTR", "provider_payment_id": "s"}, PRICE - 1, StarsInFullOnly),
        ({}, PRICE + 1, RefundTooMuch),
    ],
)
async def test_what_cannot_be_returned_is_refused(
    school: School, changed: dict[str, Any], amount: int | None, refusal: type[Refused]
) -> None:
    purchase = await school.buys(**changed)
    with pytest.raises(refusal):
        await school.drafts(purchase, amount)
    assert await school.rows() == []


async def test_unknown_and_foreign_purchases_are_refused(school: School) -> None:
    with pytest.raises(PurchaseUnknown):
        await school.drafts(1)
    purchase = await school.buys()
    await school.sql.execute("delete from bot.payment_attempts")
    with pytest.raises(PurchaseForeign):
        await school.drafts(purchase)


async def test_an_assigned_payment_goes_back_to_who_paid(school: School) -> None:
    purchase = await school.buys(provider="stars", currency="XTR", provider_payment_id="charge")
    await school.sql.execute(
        "insert into bot.parked_payments (provider, payment_id, amount, currency, paid_at, telegram_id, reason,"
        " created_at, solved_at) values ('stars', 'charge', $1, 'XTR', now(), 7000000002, 'payload', now(), now())",
        PRICE,
    )
    assert (await school.drafts(purchase)).purchase.payer == 7000000002


async def test_drafts_reserve_nothing_and_confirmed_ones_do(school: School) -> None:
    purchase = await school.buys()
    first, second = await school.drafts(purchase, 60_000), await school.drafts(purchase, 60_000)
    await school.confirms(first.refund_id)
    with pytest.raises(RefundTooMuch) as caught:
        await school.confirms(second.refund_id)
    assert caught.value.left == 39_000
    assert (await school.task(second.refund_id)).status == RefundStatus.DRAFT
    assert (await school.drafts(purchase)).amount == 39_000


async def test_a_canceled_one_frees_what_it_had_reserved(school: School) -> None:
    purchase = await school.buys()
    refund = await school.asks(purchase)
    with pytest.raises(RefundTooMuch):
        await school.drafts(purchase)
    close = booking.close_refund
    assert await school.locked(purchase, close, refund.id, RefundStatus.CANCELED, "general_decline", NOW)
    assert not await school.locked(purchase, close, refund.id, RefundStatus.CANCELED, "general_decline", NOW)
    assert (await school.drafts(purchase)).amount == PRICE
    assert await school.ends_at() == NOW + 30 * DAY


async def test_of_ten_confirmations_at_once_only_what_is_left_goes_through(school: School) -> None:
    purchase = await school.buys()
    plans = [await school.drafts(purchase, 30_000) for _ in range(10)]
    ends = await asyncio.gather(*(school.confirms(plan.refund_id) for plan in plans), return_exceptions=True)
    assert sum(isinstance(end, RefundPlan) for end in ends) == 3
    assert sum(isinstance(end, RefundTooMuch) for end in ends) == 7


async def test_a_second_press_is_harmless(school: School) -> None:
    purchase = await school.buys()
    plan = await school.drafts(purchase)
    ends = await asyncio.gather(*(school.confirms(plan.refund_id) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(end, RefundPlan) for end in ends) == 1
    assert sum(isinstance(end, RefundAsked) for end in ends) == 4
    async with school.database.transaction(Pool.TALK) as session:
        with pytest.raises(RefundAsked):
            await requests.delete_draft(session, plan.refund_id)
    async with school.database.transaction(Pool.JOBS) as session:
        await requests.mark_sent(session, plan.refund_id, NOW)
    await school.returned(purchase, PRICE, "r-1")
    with pytest.raises(RefundAsked) as caught:
        await school.confirms(plan.refund_id)
    assert caught.value.status == "succeeded"


async def test_dropped_and_old_drafts_are_gone(school: School) -> None:
    purchase = await school.buys()
    plan = await school.drafts(purchase)
    with pytest.raises(RefundGone):
        await school.confirms(plan.refund_id, NOW + requests.DRAFT_LIVES + timedelta(seconds=1))
    async with school.database.transaction(Pool.TALK) as session:
        await requests.delete_draft(session, plan.refund_id)
    with pytest.raises(RefundGone):
        await school.confirms(plan.refund_id)
    kept, old = await school.asks(purchase, 1), await school.drafts(purchase, 1)
    async with school.database.transaction(Pool.JOBS) as session:
        await requests.delete_old_drafts(session, NOW + DAY)
        assert await requests.list_pending(session) == [kept.id]
        assert await requests.get_task(session, old.refund_id) is None


async def test_one_refund_told_many_times_at_once_is_booked_once(school: School) -> None:
    purchase = await school.buys()
    await school.asks(purchase, 49_500)
    told = await asyncio.gather(*(school.returned(purchase, 49_500, "r-1") for _ in range(8)))
    assert sum(done is not None for done in told) == 1
    assert await school.rows() == [("succeeded", 49_500, 15)]
    assert await school.ends_at() == NOW + 15 * DAY


async def test_refunds_and_a_purchase_at_once_keep_every_day(school: School) -> None:
    purchase = await school.buys()
    other = await school.buys()
    calls = [school.returned(purchase, 33_000, f"r-{number}") for number in range(3)]
    await asyncio.gather(*calls, school.returned(other, 33_000, "r-9"), school.gives(7, Source.GRANT, 1))
    assert await school.ends_at() == NOW + (30 + 30 + 7 - 30 - 10) * DAY


async def test_one_made_in_the_dashboard_is_booked_like_ours(school: School) -> None:
    purchase = await school.buys()
    done = await school.returned(purchase, 33_000, "r-1")
    assert done is not None
    assert done.refund.asked_by is None
    assert await school.rows() == [("succeeded", 33_000, 10)]
    assert (await school.drafts(purchase)).amount == PRICE - 33_000


class TestLostAnswer:
    """The provider did it, and its answer never came: a callback tells of it under an id we have never heard."""

    @pytest.mark.parametrize("shown", [True, False])
    async def test_it_is_known_by_its_words_or_its_amount(self, school: School, shown: bool) -> None:
        purchase = await school.buys()
        refund = await school.asks(purchase, 33_000)
        await school.returned(purchase, 33_000, "r-1", description=f"Refund {refund.id}" if shown else None)
        assert await school.rows() == [("succeeded", 33_000, 10)]
        await school.locked(purchase, booking.record_answer, refund, "r-1", NOW)
        assert await school.returned(purchase, 33_000, "r-1") is None

    async def test_another_of_the_same_amount_is_another(self, school: School) -> None:
        purchase = await school.buys()
        refund = await school.asks(purchase, 33_000)
        await school.returned(purchase, 33_000, "by hand", description="Sorry!")
        assert (await school.task(refund.id)).status == RefundStatus.PENDING
        await school.locked(purchase, booking.record_answer, refund, "r-1", NOW)
        done = await school.returned(purchase, 33_000, "r-1")
        assert done is not None
        assert done.refund.id == refund.id
        assert await school.rows() == [("succeeded", 33_000, 10)] * 2

    async def test_one_never_sent_is_not_it(self, school: School) -> None:
        purchase = await school.buys()
        plan = await school.drafts(purchase, 33_000)
        await school.confirms(plan.refund_id)
        await school.returned(purchase, 33_000, "r-1")
        assert (await school.task(plan.refund_id)).status == RefundStatus.PENDING

    async def test_booked_as_another_row_it_does_not_count_twice(self, school: School) -> None:
        purchase = await school.buys()
        refund = await school.asks(purchase, 33_000)
        await school.returned(purchase, 33_000, "r-1", description="not shown as it was sent")
        await school.locked(purchase, booking.record_answer, refund, "r-1", NOW)
        assert await school.rows() == [("canceled", 33_000, 0), ("succeeded", 33_000, 10)]
        assert await school.returned(purchase, 33_000, "r-1") is None


async def test_stars_returned_before_their_payment_are_kept(school: School) -> None:
    async with school.database.transaction(Pool.MONEY) as session:
        for _ in range(2):
            await booking.record_early_return(session, "charge", 500, NOW)
        assert await purchases.lock_purchase_of(session, "stars", "charge") is None
        assert len(await requests.list_pending(session)) == 1
    purchase = await school.buys(
        provider="stars", currency="XTR", provider_payment_id="charge", amount_cents=500
    )
    done = await school.returned(purchase, 500, "charge", currency="XTR")
    assert done is not None
    assert await school.rows() == [("succeeded", 500, 30)]
    assert await school.status(purchase) == "refunded"


async def test_the_record_of_money_outlives_the_purchase(school: School) -> None:
    purchase = await school.buys()
    await school.asks(purchase)
    await school.returned(purchase, PRICE, "r-1")
    await school.sql.execute("delete from purchases")
    row = await school.sql.fetchrow("select purchase_id, amount from bot.refunds")
    assert tuple(row) == (None, PRICE)
