"""Paying by link: on the provider's page, with callbacks lost, repeated and forged, with a provider on bad days."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from bot.chat.buttons import CheckPayment
from bot.notifications.events import PurchaseSucceeded
from bot.notifications.registry import word
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import shop as shop_words
from bot.texts.format import until
from bot.texts.payments import links as link_words
from bot.texts.payments import purchases as purchase_words
from bot.timings import Timings
from tests.app import QUICK, origin_of, settings_for
from tests.chat_user import PATIENCE, ChatUser

OFFER = "select min(id) from bot.offers where currency = 'RUB'"
# One row: purchases, succeeded ones, days given, access rows.
BOOKS = """
select (select count(*) from purchases), (select count(*) from purchases where status = 'succeeded'),
       (select coalesce(sum(days), 0) from bot.access_changes), (select count(*) from usermoduleaccess)
"""
NEVER = timedelta(hours=10)
ONLY_CALLBACKS = Timings(
    asks=(NEVER,), dequeue=QUICK.dequeue, job_retry=QUICK.job_retry, job_retry_most=QUICK.job_retry_most
)


async def database(sql: asyncpg.Connection) -> tuple[int, ...]:
    """Purchases, succeeded ones, days given, modules open."""
    return tuple(await sql.fetchrow(BOOKS))


async def becomes(condition: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - it happens in other tasks and in the database
            await asyncio.sleep(0.03)


@pytest.fixture
async def offer(sql: asyncpg.Connection) -> int:
    found: int = await sql.fetchval(OFFER)
    return found


def arrived(person: ChatUser, purchase: int = 1) -> str:
    """How the news of a payment begins, for `hears`."""
    return person.words(
        lambda: (
            word(
                PurchaseSucceeded(
                    purchase_id=purchase,
                    product="",
                    module="",
                    module_id=1,
                    days=1,
                    amount=1,
                    currency="RUB",
                    ends_at=None,
                )
            ).text
        )
    ).split(":")[0]


class TestByCallback:
    """Open payments are never asked for, so that only callbacks settle."""

    @pytest.fixture
    def timings(self) -> Timings:
        return ONLY_CALLBACKS

    async def test_bought_paid_and_told(self, anna: ChatUser, offer: int, sql: asyncpg.Connection) -> None:
        await anna.register()
        await anna.order(offer)
        assert await database(sql) == (1, 0, 0, 0)
        payment = await anna.pay()
        told = await anna.receives(lambda: arrived(anna))
        row = await sql.fetchrow(
            "select p.*, a.outcome, a.closed_at from purchases p join bot.payment_attempts a on a.purchase_id = p.id"
        )
        assert row["provider_payment_id"] == payment["id"]
        assert row["status"] == row["outcome"] == "succeeded"
        assert row["closed_at"] is not None
        assert abs(row["purchased_at"].timestamp() - row["created_at"].timestamp()) < 600
        assert await database(sql) == (1, 1, row["days"], 1)
        ends_at = await sql.fetchval("select ends_at from usermoduleaccess")
        assert anna.words(lambda: until(ends_at)) in told
        await anna.receives("✅")
        assert anna.links == []

    async def test_the_message_with_the_link_says_that_it_is_paid(
        self, anna: ChatUser, offer: int, sql: asyncpg.Connection
    ) -> None:
        await anna.register()
        link = await anna.order(offer)
        await anna.pay()
        await anna.receives(lambda: arrived(anna))

        async def no_link() -> bool:
            await anna.refresh()
            return link not in str(anna.messages)

        await becomes(no_link)

    async def test_repeated_callbacks_credit_once(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        sandbox.faults.set(callback_repeat=4)
        await anna.register()
        await anna.order(offer)
        await anna.pay()
        await anna.receives(lambda: arrived(anna))
        handled = "select count(*) from bot.callbacks where handled_at is not null"

        async def five() -> bool:
            return bool(await sql.fetchval(handled) >= 5)

        await becomes(five)
        days = await sql.fetchval("select days from purchases")
        assert await database(sql) == (1, 1, days, 1)
        await anna.refresh()
        assert sum(arrived(anna) in text for text in anna.texts) == 1

    async def test_a_forged_cancellation_cancels_nothing(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        await anna.register()
        await anna.order(offer)
        await forge(anna, "payment.canceled", {"id": await anna.open_checkout(), "status": "canceled"})
        await all_handled(sql, 1)
        assert await sql.fetchval("select status from purchases") == "pending"
        await anna.pay()
        await anna.receives(lambda: arrived(anna))

    async def test_lies_before_the_truth_do_not_block_it(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        sandbox.faults.set(callback_forge=1.0, callback_repeat=2, callback_shuffle=True)
        await anna.register()
        await anna.order(offer)
        await anna.pay()
        await anna.receives(lambda: arrived(anna))
        days = await sql.fetchval("select days from purchases")
        assert await database(sql) == (1, 1, days, 1)

    async def test_a_payment_nobody_asked_for_is_nobodys(
        self, anna: ChatUser, ben: ChatUser, offer: int, sql: asyncpg.Connection
    ) -> None:
        await anna.register()
        thing = {"id": "2c5d8f9e-000f-5000-8000-1b68e7b15f3f", "status": "succeeded"}
        await forge(anna, "payment.succeeded", thing)
        await all_handled(sql, 1)
        assert await database(sql) == (0, 0, 0, 0)

    @pytest.mark.parametrize("action", ["decline", "expire"])
    async def test_a_payment_that_failed_is_told_and_can_be_tried_again(
        self, anna: ChatUser, offer: int, sql: asyncpg.Connection, action: str
    ) -> None:
        await anna.register()
        await anna.order(offer)
        await anna.at_checkout(action)

        async def canceled() -> bool:
            return bool(await sql.fetchval("select status = 'canceled' from purchases"))

        await becomes(canceled)
        await anna.receives("№1")
        assert await database(sql) == (1, 0, 0, 0)
        await anna.order(offer)
        await anna.pay()
        await anna.receives(lambda: arrived(anna, 2))
        assert (await database(sql))[:2] == (2, 1)

    async def test_check_payment_asks_on_the_spot(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        """A closed page changes nothing; a payment whose callback is lost is found by asking."""
        sandbox.faults.set(callback_lost=1.0)
        await anna.register()
        await anna.order(offer)
        await anna.at_checkout("close")
        await anna.click(purchase_words.WHERE)
        assert anna.toast == anna.words(purchase_words.CHECKING)
        await anna.receives("не поступил")
        await anna.pay()
        assert await database(sql) == (1, 0, 0, 0)
        await anna.click(purchase_words.WHERE)
        await anna.receives(lambda: arrived(anna))
        assert (await database(sql))[:2] == (1, 1)

    async def test_check_payment_is_for_ones_own(
        self, anna: ChatUser, ben: ChatUser, offer: int, sql: asyncpg.Connection
    ) -> None:
        await anna.register()
        await ben.register()
        await anna.order(offer)
        await ben.press(CheckPayment(purchase=1).pack())
        assert ben.toast != ben.words(purchase_words.CHECKING)
        assert ben.new_texts

    async def test_coming_back_from_the_checkout_page(
        self, anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
    ) -> None:
        sandbox.faults.set(callback_lost=1.0)
        await anna.register()
        await anna.send("/start paid")
        await anna.receives(purchase_words.NOTHING_UNPAID)
        await anna.order(offer)
        await anna.pay()
        await anna.send("/start paid")
        await anna.click(lambda: purchase_words.where_number(1))
        await anna.receives(lambda: arrived(anna))


async def forge(person: ChatUser, event: str, thing: dict[str, Any]) -> None:
    """Somebody who knows the callback's address sends a lie."""
    body = {"type": "notification", "event": event, "object": thing}
    async with person.http.post(f"{person.origin}/sandbox/notifications", json={"body": body}) as response:
        item = await response.json()
    assert item["attempts"][-1]["status"] == 200


async def all_handled(sql: asyncpg.Connection, count: int) -> None:
    handled = "select count(*) >= $1 and count(*) = count(handled_at) from bot.callbacks"

    async def done() -> bool:
        return bool(await sql.fetchval(handled, count))

    await becomes(done)


async def test_lost_callbacks_are_made_up_for_by_asking(
    anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    sandbox.faults.set(callback_lost=1.0)
    await anna.register()
    await anna.order(offer)
    await anna.pay()
    await anna.receives(lambda: arrived(anna))
    assert (await database(sql))[:2] == (1, 1)
    assert await sql.fetchval("select count(*) from bot.callbacks") == 0


async def test_asking_and_callbacks_at_once_credit_once(
    anna: ChatUser, ben: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    sandbox.faults.set(callback_repeat=3)
    for person in (anna, ben):
        await person.register()
        await person.order(offer)
    await asyncio.gather(anna.pay(), ben.pay())
    await asyncio.gather(anna.receives("✅"), ben.receives("✅"))
    await all_handled(sql, 8)
    days = await sql.fetchval("select sum(days) from purchases")
    assert await database(sql) == (2, 2, days, 2)


async def test_a_slow_provider_holds_up_nobody(
    anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    sandbox.faults.set(provider_slow=1.0)
    await anna.send(f"/start buy_{offer}")
    await anna.click(lambda: shop_words.pay_by("link"))
    await anna.send("/courses")
    await anna.receives("Английский")
    assert await sql.fetchval("select link is null from bot.payment_attempts")
    sandbox.faults.set(provider_slow=0)
    await anna.gets_link()
    await anna.pay()
    await anna.receives(lambda: arrived(anna))


@pytest.mark.errors_expected("a refused order is the school's to look at")
async def test_a_refused_order_is_told_to_the_payer_and_to_the_admins(
    anna: ChatUser, olga: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    async with anna.http.put(f"{anna.origin}/sandbox/yookassa", json={"receipts_required": True}) as response:
        assert response.status == 200
    await anna.register()
    row = await sql.fetchrow(
        "select name as product from bot.offers join products using (product_id) where id = $1", offer
    )
    await anna.send(f"/start buy_{offer}")
    await anna.click(lambda: shop_words.pay_by("link"))
    order: Any = SimpleNamespace(**row)
    await anna.receives(lambda: link_words.refused(order))
    await olga.receives("Receipt is missing or illegal")
    assert await sql.fetchval("select status from purchases") == "canceled"
    assert await database(sql) == (1, 0, 0, 0)


async def test_admins_hear_of_a_payment(
    anna: ChatUser, olga: ChatUser, offer: int, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    await anna.register()
    await anna.order(offer)
    await anna.pay()
    await olga.receives("💰")


class TestSilent:
    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        return settings_for(origin_of(sandbox), payment_news=False)

    async def test_admins_hear_nothing_where_they_do_not_want_to(
        self, anna: ChatUser, olga: ChatUser, offer: int, sql: asyncpg.Connection
    ) -> None:
        await olga.send("/start")
        await anna.register()
        await anna.order(offer)
        await anna.pay()
        await anna.receives(lambda: arrived(anna))

        async def no_jobs() -> bool:
            return not await sql.fetchval("select count(*) from bot.pgqueuer where entrypoint = 'tell'")

        await becomes(no_jobs)
        await olga.refresh()
        assert olga.new_texts == [olga.last_text]


async def test_purchases_shows_paid_open_and_others(
    anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.send("/purchases")
    await anna.receives(lambda: purchase_words.purchases([]))
    await anna.order(offer)
    await anna.pay()
    await anna.receives(lambda: arrived(anna))
    await anna.order(offer)
    await sql.execute(
        "insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days,"
        " currency, created_at) select id, 1, 5000, 'appstore', 'in <grace>', 'x-1', 30, 'USD', now() from users"
    )
    await anna.send("/purchases")
    shown = anna.last_text
    assert anna.words(lambda: purchase_words.status("succeeded")) in shown
    assert anna.words(lambda: purchase_words.status("pending")) in shown
    assert "in <grace>" in shown
    assert "50\xa0$" in shown
    assert anna.buttons == [
        anna.words(lambda: purchase_words.where_number(2)),
        anna.words(lambda: purchase_words.details(3)),
        anna.words(lambda: purchase_words.details(1)),
    ]
    assert await sql.fetchval("select status from purchases where provider = 'appstore'") == "in <grace>"
