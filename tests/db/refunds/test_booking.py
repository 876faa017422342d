"""Refunds booked: once, of money from anywhere, whatever becomes of answers and of the purchase."""

import asyncio

import pytest

from db.access.changes import Source, change_access
from db.engine import Pool
from db.payments import purchases
from db.refunds import booking, requests
from db.refunds.requests import RefundStatus
from tests.db.access.test_changes import until_one_waits
from tests.db.refunds.school import DAY, NOW, PRICE, School


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


async def test_it_is_back_when_it_was_booked(school: School) -> None:
    purchase = await school.buys()
    await school.asks(purchase)
    await school.returned(purchase, PRICE, "r-1", NOW + DAY)
    assert await school.sql.fetchval("select finished_at from bot.refunds") == NOW + DAY


async def test_what_is_back_counts_rather_than_what_was_asked_for(school: School) -> None:
    purchase = await school.buys(
        provider="stars", currency="XTR", provider_payment_id="charge", amount_cents=500
    )
    await school.asks(purchase)
    await school.returned(purchase, 400, "charge", currency="XTR")
    assert await school.rows() == [("succeeded", 400, 24)]
    assert await school.status(purchase) == "succeeded"


async def test_days_that_are_being_revoked_are_not_taken_as_well(school: School) -> None:
    purchase = await school.buys()
    async with school.database.transaction(Pool.TALK) as session:
        await change_access(session, school.anna, school.module, -28, Source.GRANT, 1, NOW)
        booked = asyncio.create_task(school.returned(purchase, PRICE, "r-1"))
        await until_one_waits(school.sql)
    await booked
    assert await school.rows() == [("succeeded", PRICE, 2)]
    assert await school.ends_at() == NOW


async def test_known_are_all_that_were_answered_or_those_of_a_status(school: School) -> None:
    purchase = await school.buys()
    refund = await school.asks(purchase, 1_000)
    await school.locked(purchase, booking.record_answer, refund, "on its way", NOW)
    await school.returned(purchase, 2_000, "back")
    names = ["on its way", "back", "never heard of"]
    async with school.database.transaction(Pool.JOBS) as session:
        known = await booking.list_known_ids(session, "yookassa", names)
        ended = await booking.list_known_ids(session, "yookassa", names, RefundStatus.SUCCEEDED)
        assert await booking.list_known_ids(session, "stars", names) == set()
    assert known == {"on its way", "back"}
    assert ended == {"back"}


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
