"""Refunds asked for: drafts, reservations, confirmations."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from db.engine import Pool
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
from db.refunds import booking, requests
from db.refunds.requests import RefundPlan, RefundStatus
from tests.db.access.test_changes import until_one_waits
from tests.db.refunds.school import DAY, NOW, OLGA, PRICE, School, request


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
        " created_at, solved_at) values ('stars', 'charge', $1, 'XTR', now(), 7000000002, 'payload', now(), now()),"
        " ('stars', 'other', $1, 'XTR', now(), 7000000004, 'payload', now(), now()),"
        " ('yookassa', 'charge', $1, 'RUB', now(), 7000000005, 'payload', now(), now())",
        PRICE,
    )
    assert (await school.drafts(purchase)).purchase.payer == 7000000002


async def test_another_payment_that_was_parked_says_nothing_of_who_paid(school: School) -> None:
    purchase = await school.buys(provider="stars", currency="XTR", provider_payment_id="charge")
    await school.sql.execute(
        "insert into bot.parked_payments (provider, payment_id, amount, currency, paid_at, telegram_id, reason,"
        " created_at) values ('stars', 'other', $1, 'XTR', now(), 7000000004, 'payload', now())",
        PRICE,
    )
    assert (await school.drafts(purchase)).purchase.payer == 7000000001


async def test_each_keeps_the_request_it_was_drafted_with(school: School) -> None:
    purchase = await school.buys()
    async with school.database.transaction(Pool.TALK) as session:
        bare = await requests.create_draft(session, purchase, 1_000, OLGA, "bare", NOW)
    plan = await school.drafts(purchase, 1_000)
    async with school.database.transaction(Pool.TALK) as session:
        await requests.record_request(session, plan.refund_id, "{}")
    assert (await school.task(plan.refund_id)).request == request(plan.refund_id)
    assert (await school.task(bare.refund_id)).request == ""


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


async def test_a_second_press_waits_for_the_first_and_is_told_of_it(school: School) -> None:
    """Though there is enough left for both."""
    purchase = await school.buys()
    plan = await school.drafts(purchase, 30_000)
    async with school.database.transaction(Pool.TALK) as session:
        await requests.record_confirmation(session, plan.refund_id, NOW)
        second = asyncio.create_task(school.confirms(plan.refund_id))
        await until_one_waits(school.sql)
    with pytest.raises(RefundAsked) as caught:
        await second
    assert caught.value.status == "pending"


async def test_a_draft_that_is_being_dropped_is_not_confirmed(school: School) -> None:
    purchase = await school.buys()
    plan = await school.drafts(purchase)
    async with school.database.transaction(Pool.TALK) as session:
        await requests.delete_draft(session, plan.refund_id)
        press = asyncio.create_task(school.confirms(plan.refund_id))
        await until_one_waits(school.sql)
    with pytest.raises(RefundGone):
        await press
    assert await school.rows() == []


async def test_only_what_is_on_its_way_is_looked_after(school: School) -> None:
    purchase = await school.buys()
    first, back, refused = [await school.asks(purchase, amount) for amount in (1_000, 2_000, 3_000)]
    await school.returned(purchase, 2_000, "r-1")
    await school.locked(purchase, booking.close_refund, refused.id, RefundStatus.CANCELED, "no", NOW)
    await school.drafts(purchase, 1)
    last = await school.asks(purchase, 4_000)
    async with school.database.transaction(Pool.JOBS) as session:
        assert await requests.list_pending(session) == [first.id, last.id]
        assert await requests.list_pending(session, 1) == [first.id]
    assert (await school.task(back.id)).status == RefundStatus.SUCCEEDED


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


async def test_a_draft_lives_as_long_as_it_may(school: School) -> None:
    purchase = await school.buys()
    await school.drafts(purchase, 100, NOW - DAY)
    young = await school.drafts(purchase, 200, NOW)
    asked = await school.asks(purchase, 300, NOW - DAY)
    async with school.database.transaction(Pool.JOBS) as session:
        await requests.delete_old_drafts(session, NOW)
    left = await school.sql.fetch("select id from bot.refunds order by id")
    assert [row["id"] for row in left] == [young.refund_id, asked.id]


async def test_each_is_confirmed_for_its_own_purchase(school: School) -> None:
    first, second = await school.buys(), await school.buys(amount_cents=2 * PRICE)
    await school.drafts(first)
    plan = await school.drafts(second)
    confirmed = await school.confirms(plan.refund_id)
    assert (confirmed.purchase.id, confirmed.amount) == (second, 2 * PRICE)
