"""Orders: one message shows each, nobody else's is touched, and who is at work on one has it locked."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import Pool
from db.errors import MethodNotOffered
from db.payments import orders, parked, purchases, sales
from db.payments.methods import YOOKASSA, PaymentMethod
from db.tables import Attempt, Purchase
from tests.db.payments.shop import CHAT, HOUR, LATER, NOW, Shop

LINK, INVOICE, STARS = PaymentMethod.LINK, PaymentMethod.INVOICE, PaymentMethod.STARS
GONE = {"message_id": None, "left_at": LATER}


async def test_a_message_that_shows_something_else_shows_no_order(shop: Shop) -> None:
    anna, ben = shop.people
    shown = await shop.opens(0, 0, message_id=5)
    await shop.opens(0, 1, message_id=6)
    await shop.opens(0, 2, message_id=5, telegram_id=CHAT + 7)
    await shop.opens(0, 3, message_id=5, closed_at=NOW)
    other = await shop.opens(1, 0, message_id=5, telegram_id=CHAT)
    assert await shop.does(orders.leave_message, anna, CHAT, 5, LATER) == {shown: GONE}
    assert await shop.does(orders.leave_message, ben, CHAT, 5, LATER) == {other: GONE}


async def test_a_message_is_recorded_unless_another_one_shows_the_order(shop: Shop) -> None:
    await shop.sql.execute(
        "insert into bot.chats (telegram_id, name) select $1::bigint + n, '' from generate_series(0, 1) n",
        CHAT,
    )
    first = await shop.opens(0, 0)
    await shop.opens(1, 0)
    assert await shop.does(orders.record_message, first, 4, 5) == {}
    assert shop.said is False
    assert await shop.does(orders.record_message, first, None, 5) == {first: {"message_id": 5}}
    assert shop.said is True
    assert await shop.does(orders.record_message, first, None, 6) == {}
    assert await shop.does(orders.record_message, first, 5, 7) == {first: {"message_id": 7}}
    last = await shop.sql.fetch("select order_id from bot.chats order by telegram_id")
    assert [row[0] for row in last] == [7, None]
    for gone in ({"left_at": NOW}, {"left_at": None, "closed_at": NOW}):
        await shop.has(first, **gone)
        assert await shop.does(orders.record_message, first, 7, 8) == {}
        assert shop.said is False


async def test_an_order_is_taken_over_by_the_message_below(shop: Shop) -> None:
    first = await shop.opens(0, 0, left_at=NOW)
    await shop.opens(0, 1)
    assert await shop.does(orders.take_message, first, CHAT, 5) == {first: {"message_id": 5, "left_at": None}}
    assert shop.said == []
    assert await shop.does(orders.take_message, first, CHAT, 5) == {}
    assert shop.said == []
    assert await shop.does(orders.take_message, first, CHAT + 7, 5) == {first: {"telegram_id": CHAT + 7}}
    assert shop.said == [(CHAT, 5)]
    assert await shop.does(orders.take_message, first, CHAT + 7, None) == {first: {"message_id": None}}
    assert shop.said == [(CHAT + 7, 5)]
    await shop.has(first, closed_at=NOW)
    assert await shop.does(orders.take_message, first, CHAT, 9) == {}
    assert shop.said == []


async def test_only_an_open_order_of_ones_own_is_dropped(shop: Shop) -> None:
    anna, ben = shop.people
    first = await shop.opens(0, 0, message_id=5)
    await shop.opens(0, 1, message_id=6)
    purchase = (await shop.details(first)).purchase_id
    assert await shop.does(orders.close_order, purchase, ben, LATER) == {}
    assert shop.said is None
    dropped = {"closed_at": LATER, "outcome": "dropped", **GONE}
    assert await shop.does(orders.close_order, purchase, anna, LATER) == {first: dropped}
    assert shop.said == (await shop.offer()).module_id
    assert await shop.does(orders.close_order, purchase, anna, NOW) == {}
    assert shop.said is None


async def test_all_of_who_goes_are_dropped_and_invoices_can_be_paid_no_more(shop: Shop) -> None:
    link, invoice, other, paid = (
        await shop.opens(0, 0, message_id=5),
        await shop.opens(0, 1, INVOICE),
        await shop.opens(1, 1, INVOICE),
        await shop.opens(0, 2, STARS, closed_at=NOW),
    )
    await shop.is_sold(paid, status="succeeded")
    dropped = {"closed_at": LATER, "outcome": "dropped", "left_at": LATER}
    assert await shop.does(orders.close_all, shop.people[0], LATER) == {
        link: dropped | GONE,
        invoice: dropped | {"status": "canceled"},
    }
    assert shop.said == [(CHAT, 5)]
    assert (await shop.details(other)).status == "pending"


async def test_others_are_hurried_where_they_are_asked_for(shop: Shop) -> None:
    anna = shop.people[0]
    this, late = await shop.opens(0, 0, next_ask_at=LATER), await shop.opens(0, 1, next_ask_at=LATER)
    await shop.opens(0, 2)
    await shop.opens(0, 3, next_ask_at=LATER, closed_at=NOW)
    await shop.opens(0, 4, next_ask_at=NOW - HOUR)
    await shop.opens(0, 5, next_ask_at=NOW)
    await shop.opens(1, 0, next_ask_at=LATER)
    besides = (await shop.details(this)).purchase_id
    assert await shop.does(orders.hurry, anna, besides, NOW) == {late: {"next_ask_at": NOW}}
    assert shop.said == [late]
    assert await shop.does(orders.mark_touched, this, LATER) == {this: {"touched_at": LATER}}
    assert await shop.does(orders.mark_touched, this, NOW) == {}
    assert await shop.runs(orders.get_open_order, anna) == besides
    assert await shop.runs(orders.get_open_order, 0) is None


async def opens(
    shop: Shop, person: int, method: PaymentMethod = LINK, message: int | None = None, number: int = 0
) -> orders.OpenedOrder:
    """The first one of all is touched by nobody."""
    shop.count += 1
    key, touched = f"o-{shop.count}", shop.count > 1
    wanted = await shop.offer(number)
    opened: orders.OpenedOrder = await shop.runs(
        orders.open_attempt, person, CHAT, wanted, method, key, message, NOW, touched=touched
    )
    return opened


async def test_an_order_is_opened_once_for_each_way(
    shop: Shop,
) -> None:
    anna, ben = shop.people
    first = await opens(shop, anna, LINK, 5)
    assert (first.new, first.copies, first.before) == (True, (), None)
    row = await shop.sql.fetchrow("select * from bot.payment_attempts where id = $1", first.attempt_id)
    assert (row["touched_at"], row["linked_at"], row["message_id"]) == (None, None, 5)
    for person, method in ((ben, LINK), (anna, INVOICE)):
        other = await opens(shop, person, method)
        assert other.new
        row = await shop.sql.fetchrow("select * from bot.payment_attempts where id = $1", other.attempt_id)
        assert (row["touched_at"], row["linked_at"]) == (NOW, NOW if method is INVOICE else None)
    again = await opens(shop, anna, LINK, 6)
    assert (again.new, again.attempt_id, again.copies) == (False, first.attempt_id, ((CHAT, 5),))
    assert (await opens(shop, anna, LINK, 6, 1)).new, "the same message goes on to another offer"
    assert ((found := await shop.details(first.attempt_id)).message_id, found.left) == (None, True)
    assert (
        await shop.sql.fetchval("select touched_at from bot.payment_attempts where id = $1", first.attempt_id)
        == NOW
    )


async def test_an_order_that_can_no_longer_be_paid_gives_way_to_another_one(shop: Shop) -> None:
    """Its link has run out; the other application has canceled it; its price is another one."""
    anna, offer = shop.people[0], await shop.offer()
    first = await opens(shop, anna)
    for change, before in (
        ("update bot.payment_attempts set link_ends_at = created_at", None),
        ("update purchases set status = 'canceled'", None),
        ("update bot.offers set price = 50", 100),
        ("update bot.offers set price = 60, currency = 'USD'", None),
    ):
        await shop.sql.execute(change)
        newer = await opens(shop, anna, LINK, 7)
        assert (newer.new, newer.before) == (True, before)
        assert newer.attempt_id != first.attempt_id
    outcome = "select outcome from bot.payment_attempts where id = $1"
    assert await shop.sql.fetchval(outcome, first.attempt_id) == "superseded"
    for number in range(1, 6):
        await opens(shop, anna, number=number)
    assert (
        await shop.sql.fetchval(
            "select count(*) from bot.payment_attempts where user_id = $1 and closed_at is null", anna
        )
        == orders.MAX_OPEN
    )
    await shop.sql.execute("update bot.offers set methods = '{link}' where id = $1", offer.id)
    with pytest.raises(MethodNotOffered):
        await opens(shop, anna, STARS)
    assert (await opens(shop, anna, LINK)).new


async def test_all_that_an_order_makes_give_way_are_told(shop: Shop) -> None:
    """The one of the same offer whose link has run out; where there are too many, those that nobody has touched."""
    anna = shop.people[0]
    for number in range(1, orders.MAX_OPEN + 1):
        assert (await opens(shop, anna, message=10 + number, number=number)).new
    await shop.opens(0, 6, message_id=31)
    await shop.opens(0, 0, message_id=32)
    await shop.sql.execute("update bot.payment_attempts set link_ends_at = $1 where message_id = 12", NOW)
    again = await opens(shop, anna, message=20, number=2)
    assert again.copies == ((CHAT, 12), (CHAT, 11), (CHAT, 31))


async def is_free(shop: Shop, table: str, row: int) -> bool:
    """Whether nobody has locked it."""
    return bool(await shop.sql.fetch(f"select from {table} where id = $1 for update skip locked", row))


async def test_who_is_at_work_on_a_purchase_has_it_locked_and_sees_it_as_it_is(shop: Shop) -> None:
    """Whatever of it had been read before."""
    attempt = await shop.opens(0, 0)
    await shop.is_sold(attempt, provider_payment_id="p-1")
    purchase = (await shop.details(attempt)).purchase_id
    await shop.sql.execute(
        "insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days,"
        " currency, created_at) select user_id, product_id, 1, provider, status, 'p-2', 1, 'RUB', created_at"
        " from purchases"
    )

    works: list[Callable[[AsyncSession], Awaitable[Any]]] = [
        lambda session: purchases.lock_purchase(session, purchase),
        lambda session: purchases.lock_purchase_of(session, YOOKASSA, "p-1"),
        lambda session: sales.lock_sale(session, Purchase.provider_payment_id == "p-1"),
    ]
    for number, work in enumerate(works):
        async with shop.database.transaction(Pool.JOBS) as session:
            old = (await session.scalars(select(Purchase).where(Purchase.id == purchase))).one()
            await shop.sql.execute("update purchases set receipt = $1 where id = $2", f"r-{number}", purchase)
            found = await work(session)
            assert getattr(found, "purchase", found) is old
            assert old.receipt == f"r-{number}"
            assert not await is_free(shop, "purchases", purchase)
            assert await is_free(shop, "bot.payment_attempts", attempt)
    for provider, payment in ((YOOKASSA, "p-2"), ("stars", "p-1")):
        assert await shop.runs(purchases.lock_purchase_of, provider, payment) is None
    assert await shop.runs(purchases.purchase_exists, "p-2")
    assert not await shop.runs(purchases.purchase_exists, "p-3")


async def test_an_order_and_a_parked_payment_are_locked_while_somebody_is_at_work_on_them(shop: Shop) -> None:
    attempt = await shop.opens(0, 0)
    async with shop.database.transaction(Pool.JOBS) as session:
        row = (await session.scalars(select(Attempt).where(Attempt.id == attempt))).one()
        await shop.has(attempt, message_id=8)
        assert await orders.take_message(session, attempt, CHAT, 9) == [(CHAT, 8)]
        assert row.message_id == 9
    async with shop.database.transaction(Pool.JOBS) as session:
        row = (await session.scalars(select(Attempt).where(Attempt.id == attempt))).one()
        await shop.has(attempt, message_id=7)
        await orders.open_attempt(session, shop.people[0], CHAT, await shop.offer(), LINK, "k", 10, NOW)
        assert row.message_id == 10
        assert not await is_free(shop, "bot.payment_attempts", attempt)
        taken = "select pg_try_advisory_xact_lock(hashtextextended('lessongate:' || $1, 0))"
        assert not await shop.sql.fetchval(taken, f"orders:{shop.people[0]}")
        assert await shop.sql.fetchval(taken, f"orders:{shop.people[1]}")
    async with shop.database.transaction(Pool.JOBS) as session:
        row = (await session.scalars(select(Attempt).where(Attempt.id == attempt))).one()
        await shop.has(attempt, message_id=6)
        assert await orders.close_all(session, shop.people[0], NOW) == [(CHAT, 6)]
        assert row.message_id is None
    other = await shop.opens(1, 0)
    async with shop.database.transaction(Pool.JOBS) as session:
        row = (await session.scalars(select(Attempt).where(Attempt.id == other))).one()
        await shop.has(other, link_ends_at=NOW)
        opened = await orders.open_attempt(
            session, shop.people[1], CHAT, await shop.offer(), LINK, "l", 11, NOW
        )
        assert (opened.new, row.outcome) == (True, orders.SUPERSEDED)
    assert await shop.runs(
        parked.park_payment,
        provider="stars",
        payment_id="c",
        amount=1,
        currency="XTR",
        paid_at=NOW,
        reason="x",
        now=NOW,
    )
    kept = await shop.sql.fetchval("select id from bot.parked_payments")
    async with shop.database.transaction(Pool.JOBS) as session:
        await parked.get_parked(session, kept)
        assert await is_free(shop, "bot.parked_payments", kept)
        await parked.get_parked(session, kept, lock=True)
        assert not await is_free(shop, "bot.parked_payments", kept)


@pytest.mark.parametrize(
    ("reason", "touched_at", "outcome", "silent"),
    [
        ("expired_on_confirmation", None, None, True),
        ("expired_on_confirmation", NOW, None, False),
        ("expired_on_confirmation", NOW, "superseded", True),
        ("expired_on_confirmation", NOW, "dropped", True),
        ("insufficient_funds", None, "dropped", False),
    ],
)
def test_whose_end_is_news_to_nobody(
    reason: str, touched_at: object, outcome: str | None, silent: bool
) -> None:
    assert orders.is_silent(Attempt(touched_at=touched_at, outcome=outcome), reason) is silent
