"""Paying by link where no callback comes, the provider is slow or refuses, and what admins hear."""

import asyncio

import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import shop as shop_words
from bot.texts.payments import orders as order_words
from bot.texts.payments import purchases as purchase_words
from tests.app import origin_of, settings_for
from tests.callbacks import becomes
from tests.chat.payments.links import all_handled, arrived, database
from tests.chat_user import ChatUser


async def test_lost_callbacks_are_made_up_for_by_asking(
    anna: ChatUser, offer: int, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    sandbox.faults.set(callback_lost=1.0)
    await anna.register()
    await anna.order(offer)
    await anna.pay()
    await anna.receives(arrived(anna))
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
    await anna.send("/courses")
    await anna.receives("Английский")
    assert await sql.fetchval("select link is null from bot.payment_attempts")
    sandbox.faults.set(provider_slow=0)
    await anna.gets_link()
    await anna.pay()
    await anna.receives(arrived(anna))


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
    await anna.receives(order_words.REFUSED)
    assert row["product"] in anna.last_text
    assert "⭐ Звёздами · 500\xa0⭐" in anna.buttons
    await olga.receives("Receipt is missing or illegal")
    assert await sql.fetchval("select status from purchases") == "canceled"
    assert await database(sql) == (1, 0, 0, 0)


@pytest.mark.errors_expected("a refused order is the school's to look at")
async def test_refusals_of_one_cause_are_one_alarm_until_a_link_works(
    anna: ChatUser, ben: ChatUser, offer: int, sql: asyncpg.Connection
) -> None:
    async def refuses(value: bool) -> None:
        async with anna.http.put(
            f"{anna.origin}/sandbox/yookassa", json={"receipts_required": value}
        ) as response:
            assert response.status == 200

    async def order_in_vain(person: ChatUser, count: int) -> None:
        await person.send(f"/start buy_{offer}")
        canceled = "select count(*) = $1 from purchases where status = 'canceled'"
        await becomes(lambda: sql.fetchval(canceled, count))

    open_, all_ = "select subject from bot.alerts where solved_at is null", "select count(*) from bot.alerts"
    await refuses(True)
    for count, person in enumerate((anna, ben), 1):
        await person.register()
        await order_in_vain(person, count)
    assert await sql.fetchval(all_) == 1
    assert (await sql.fetchval(open_)).startswith(f"{offer} ")
    await refuses(False)
    await anna.order(offer)
    assert await sql.fetchval(open_) is None
    await refuses(True)
    await order_in_vain(ben, 3)
    assert await sql.fetchval(all_) == 2


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
        await anna.receives(arrived(anna))

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
    assert anna.buttons == [anna.words(shop_words.SEE_COURSES)]
    await anna.order(offer)
    await anna.pay()
    await anna.receives(arrived(anna))
    await anna.order(offer)
    await anna.send("/purchases")
    assert "\n2. " not in anna.last_text  # so far it is only there because the screen was opened
    await anna.click(order_words.CHECK)
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
        anna.words(lambda: purchase_words.check_number(2)),
        anna.words(lambda: purchase_words.details(1)),
        anna.words(lambda: purchase_words.details(3)),
    ]
    assert await sql.fetchval("select status from purchases where provider = 'appstore'") == "in <grace>"
