"""What is listed of purchases, and what is kept beside them: callbacks, cursors, failures, items nobody can read."""

from datetime import timedelta

import pytest

from db.errors import PurchaseUnknown
from db.payments import callbacks, cursors, failing, orders, prices, purchases, unread
from db.tables import Callback, Offer, Purchase
from tests.db.payments.shop import HOUR, LATER, NOW, Shop

FOREIGN = (
    "insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days,"
    " currency, created_at, purchased_at) select $1, product_id, 7, 'appstore', $2, $3, 1, $4, $5, $5"
    " from products returning id"
)
ID = "2d4d8203-000f-5000-9000-15fc2058232"  # and one digit more


async def test_purchases_are_listed_for_their_payer(shop: Shop) -> None:
    anna, ben = shop.people
    untouched, early, late = await shop.opens(0, 0), await shop.opens(0, 1), await shop.opens(0, 2)
    await shop.has(early, touched_at=LATER)
    await shop.has(late, touched_at=NOW)
    others = await shop.opens(1, 0, touched_at=NOW)
    foreign = await shop.sql.fetchval(FOREIGN, anna, "pending", "x-1", "USD", NOW)
    of = {one: (await shop.details(one)).purchase_id for one in (untouched, early, late, others)}
    listed = await shop.runs(purchases.list_purchases, anna)
    assert [(one.id, one.ours) for one in listed] == [(foreign, False), (of[late], True), (of[early], True)]
    assert [one.id for one in await shop.runs(purchases.list_purchases, anna, 1)] == [foreign]
    unpaid = await shop.runs(purchases.list_unpaid, anna)
    assert [one.id for one in unpaid] == [of[early], of[late], of[untouched]]
    assert [one.id for one in await shop.runs(purchases.list_unpaid, ben)] == [of[others]]
    await shop.has(late, closed_at=NOW)
    await shop.is_sold(untouched, status="canceled")
    assert [one.id for one in await shop.runs(purchases.list_unpaid, anna)] == [of[early]]
    assert await shop.runs(purchases.get_last_paid, anna) is None
    for attempt, at in ((early, LATER), (late, NOW), (others, LATER)):
        await shop.is_sold(attempt, status="succeeded", purchased_at=at)
    await shop.sql.fetchval(FOREIGN, anna, "succeeded", "x-2", "USD", LATER + HOUR)
    assert (await shop.runs(purchases.get_last_paid, anna)).id == of[early]
    await shop.is_sold(late, purchased_at=LATER)
    assert (await shop.runs(purchases.get_last_paid, anna)).id == of[late]
    assert await shop.runs(purchases.get_currency, foreign) == "USD"
    with pytest.raises(PurchaseUnknown):
        await shop.runs(purchases.get_currency, 99)
    assert await shop.runs(purchases.get_state, of[others]) == ("succeeded", ben)
    assert await shop.runs(purchases.get_state, 99) is None


async def test_of_many_open_orders_the_likeliest_are_listed(shop: Shop) -> None:
    """Accounts that were merged may have more of them than one person."""
    made = [await shop.opens(0, number) for number in range(orders.MAX_OPEN + 2)]
    newest = [(await shop.details(one)).purchase_id for one in made[: -orders.MAX_OPEN - 1 : -1]]
    assert [one.id for one in await shop.runs(purchases.list_unpaid, shop.people[0])] == newest


async def test_what_was_paid_and_returned_in_each_currency(shop: Shop) -> None:
    """The other application's refunds have no row: its purchase says that all of it was returned."""
    anna, ben = shop.people
    first, second = await shop.opens(0, 0), await shop.opens(0, 1)
    theirs = await shop.opens(1, 2, touched_at=NOW)
    await shop.opens(0, 3)
    for attempt in (first, second, theirs):
        await shop.is_sold(attempt, status="succeeded")
    for status, payment in (("succeeded", "x-1"), ("refunded", "x-2"), ("canceled", "x-3")):
        await shop.sql.fetchval(FOREIGN, anna, status, payment, "EUR", NOW)
    await shop.sql.fetchval(FOREIGN, anna, "succeeded", "x-4", "AMD", NOW)
    purchase = (await shop.details(first)).purchase_id
    for number, (amount, status) in enumerate(((10, "succeeded"), (20, "succeeded"), (40, "pending"))):
        await shop.sql.execute(
            "insert into bot.refunds (purchase_id, provider, amount, currency, key, request, status, created_at)"
            " values ($1, 'yookassa', $2, 'RUB', $3, '', $4, $5)",
            purchase, amount, f"r-{number}", status, NOW,
        )  # fmt: skip
    assert [
        (one.currency, one.count, one.amount, one.refunded)
        for one in await shop.runs(purchases.list_sums, anna)
    ] == [("EUR", 2, 14, 7), ("RUB", 2, 300, 30), ("AMD", 1, 7, 0)]
    assert [one.amount for one in await shop.runs(purchases.list_sums, ben)] == [300]
    await shop.has(first, touched_at=NOW)
    listed = {one.id: one.refunded for one in await shop.runs(purchases.list_purchases, anna)}
    assert listed[purchase] == 30
    assert next(one.refunded for one in await shop.runs(purchases.list_purchases, ben, 1)) == 0


async def test_which_payments_are_asked_for(shop: Shop) -> None:
    """YooKassa's pending ones by their ids; touched ones first, then the newest."""
    made = [await shop.opens(0, number) for number in range(6)]
    for number, attempt in enumerate(made):
        await shop.is_sold(attempt, provider_payment_id=f"{ID}{number}")
    await shop.has(made[0], touched_at=NOW)
    await shop.is_sold(made[3], status="succeeded")
    await shop.is_sold(made[4], provider="stars")
    await shop.is_sold(made[5], provider_payment_id=f"{ID}55")
    expected = [f"{ID}{number}" for number in (0, 2, 1)]
    assert await shop.runs(purchases.list_pending_payment_ids) == expected
    assert await shop.runs(purchases.list_pending_payment_ids, 2) == expected[:2]
    assert await shop.runs(purchases.purchase_exists, f"{ID}3")
    assert not await shop.runs(purchases.purchase_exists, f"{ID}4")


@pytest.mark.parametrize(
    ("offered", "kept"),
    [
        ({}, True),
        ({"price_before": 99}, False),
        ({"price": 99}, False),
        ({"price": 100}, False),
        ({"currency": "USD"}, False),
        ({"days": 31}, False),
        ({"price_changed_at": None}, False),
    ],
)
def test_a_price_is_kept_where_nothing_but_it_was_raised(offered: dict[str, object], kept: bool) -> None:
    purchase = Purchase(amount_cents=100, currency="RUB", days=30)
    values = {"price": 101, "price_before": 100, "currency": "RUB", "days": 30, "price_changed_at": NOW}
    offer = Offer(**(values | offered))
    assert prices.kept_until(purchase, offer) == (LATER if kept else None)
    assert prices.is_todays(purchase, offer, LATER - timedelta(seconds=1)) is (
        kept or offered == {"price": 100}
    )
    assert prices.is_todays(purchase, offer, LATER) is (offered == {"price": 100})


async def test_a_rise_is_told_of_where_the_price_is_kept(shop: Shop) -> None:
    first, other = await shop.opens(0, 0), await shop.opens(1, 1)
    assert await shop.runs(prices.get_rise, await shop.details(first)) is None
    await shop.sql.execute(
        "update bot.offers set price_before = price, price = 5000, price_changed_at = $1 where id = $2",
        NOW, shop.offers[0],
    )  # fmt: skip
    assert await shop.runs(prices.get_rise, await shop.details(first)) == prices.PriceRise(5000, LATER)
    assert await shop.runs(prices.get_rise, await shop.details(other)) is None
    await shop.has(first, offer_id=None)
    assert await shop.runs(prices.get_rise, await shop.details(first)) is None


async def test_callbacks_are_handled_one_by_one(shop: Shop) -> None:
    assert await shop.runs(callbacks.count_others) == 0
    for number, (payment, event, outcome, known) in enumerate(
        [("p", "e", "o", False), ("p", "e", None, False), ("q", "e", "o", True), ("p", "f", "o", False)]
    ):
        await shop.sql.execute(
            "insert into bot.callbacks (event, object_id, payment_id, body, received_at, known, outcome)"
            " values ($1, '', $2, 'b', $3, $4, $5)",
            event, payment, NOW + number * HOUR, known, outcome,
        )  # fmt: skip
    ids = [row[0] for row in await shop.sql.fetch("select id from bot.callbacks order by id")]
    second = await shop.runs(callbacks.get_unhandled, ids[1])
    assert isinstance(second, Callback)
    callbacks.record_ask(second)
    assert second.asked == 1
    assert await shop.runs(callbacks.was_told, second, "o")
    assert not await shop.runs(callbacks.was_told, second, "other")
    for number in (0, 2, 3):
        assert not await shop.runs(
            callbacks.was_told, await shop.runs(callbacks.get_unhandled, ids[number]), "o"
        )
    assert await shop.runs(callbacks.count_others) == 3
    assert [one.id for one in await shop.runs(callbacks.list_unhandled, NOW + 3 * HOUR)] == [ids[2], *ids[:2]]
    assert [one.id for one in await shop.runs(callbacks.list_unhandled, NOW + 3 * HOUR, 1)] == [ids[2]]
    await shop.runs(callbacks.mark_handled, ids[0], "done", LATER)
    await shop.runs(callbacks.mark_handled, ids[2], "done", LATER, news=False)
    rows = await shop.sql.fetch("select outcome, body, handled_at from bot.callbacks order by id")
    assert [tuple(row) for row in rows] == [
        ("done", "b", LATER), (None, "b", None), ("done", "", LATER), ("o", "b", None),
    ]  # fmt: skip
    assert await shop.runs(callbacks.get_unhandled, ids[0]) is None
    assert await shop.runs(callbacks.count_others) == 2
    assert [one.id for one in await shop.runs(callbacks.list_unhandled, LATER + HOUR)] == [ids[1]]
    for known, once in ((True, True), (True, True), (False, False), (False, False)):
        await shop.runs(callbacks.enqueue_verification, 5, known, once=once)
    jobs = await shop.sql.fetch("select entrypoint, priority, dedupe_key from bot.pgqueuer order by id")
    assert [tuple(row) for row in jobs] == [
        ("verify_callback", 10, "verify:5"), *[("verify_unknown", -10, None)] * 2,
    ]  # fmt: skip


async def test_a_cursor_moves_only_from_where_it_was_read(shop: Shop) -> None:
    for name, old, new, now in (
        ("a", 0, 5, 5),
        ("a", 0, 7, 5),
        ("a", 5, 6, 6),
        ("b", 1, 9, 0),
        ("b", 0, 2, 2),
    ):
        await shop.runs(cursors.record_cursor, name, old, new)
        assert await shop.runs(cursors.get_cursor, name) == now
    assert await shop.runs(cursors.get_cursor, "a") == 6
    await shop.runs(cursors.record_cursor, "c", 0, 0)
    assert await shop.sql.fetchval("select count(*) from bot.cursors") == 2


async def test_a_run_of_failures_begins_where_the_first_one_was(shop: Shop) -> None:
    for name, now, times, since in (("a", NOW, 1, NOW), ("a", LATER, 2, NOW), ("b", LATER, 1, LATER)):
        assert await shop.runs(failing.record_failure, name, now) == failing.FailureRun(since, times)
    assert await shop.runs(failing.clear_failures, "a")
    assert not await shop.runs(failing.clear_failures, "a")
    assert await shop.runs(failing.record_failure, "b", NOW) == failing.FailureRun(LATER, 2)


async def test_what_cannot_be_read_is_kept_once_and_not_without_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "MAX_KEPT", 3)
    for source, subject in (("x", "1"), ("x", "1"), ("y", "1"), ("x", "2"), ("x", "3")):
        await shop.runs(unread.record_unread, source, subject, "r" * 9000, "why", NOW)
    rows = await shop.sql.fetch("select source, subject, length(raw) from bot.unread_items order by 1, 2")
    assert [tuple(row) for row in rows] == [("x", "1", 8192), ("x", "2", 8192), ("y", "1", 8192)]
    assert await shop.runs(unread.delete_read, "x", ["1", "9"]) == ["1"]
    assert await shop.sql.fetchval("select count(*) from bot.unread_items") == 2
