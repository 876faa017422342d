"""Courses, offers and asking for a payment link."""

import asyncpg
import pytest

from bot.chat.buttons import Pay, ShowModule, ShowOffer
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import shop as shop_words
from bot.texts.accounts import registration
from bot.texts.format import days, money
from bot.texts.payments import orders as order_words
from tests.app import origin_of, settings_for
from tests.chat_user import ChatUser

MONTH = """
select o.id, o.price, o.currency, o.days, p.product_id, p.name as product, m.id as module_id, m.name as module
from bot.offers o join products p using (product_id) join modules m on m.id = p.module_id
where o.currency = $1 and o.days = 30 order by o.id limit 1
"""


async def test_from_the_courses_to_the_link(anna: ChatUser, sql: asyncpg.Connection) -> None:
    offer = await sql.fetchrow(MONTH, "RUB")
    await anna.register()
    await anna.send("/courses")
    await anna.receives(offer["module"])
    await anna.click(offer["module"])
    price = anna.words(lambda: money(offer["price"], "RUB"))
    await anna.click(price)
    assert anna.toast == anna.words(order_words.LINK_SOON)
    await anna.gets_link()
    assert offer["product"] in anna.last_text
    assert price in anna.last_text
    assert anna.words(lambda: days(30)) in anna.last_text
    row = await sql.fetchrow(
        "select p.*, a.request, a.key from purchases p join bot.payment_attempts a on a.purchase_id = p.id"
    )
    assert (row["amount_cents"], row["currency"], row["days"]) == (offer["price"], "RUB", 30)
    assert (row["provider"], row["status"]) == ("yookassa", "pending")
    assert row["key"] in row["request"]
    assert not row["provider_payment_id"].startswith("key:")


async def test_the_whole_way_is_one_message_that_changes(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/buy")
    count = len(anna.texts)
    await anna.click("Python с нуля")
    await anna.click(shop_words.ALL_COURSES)
    await anna.click("Python с нуля")
    await anna.click("₽")
    await anna.gets_link()
    await anna.click(shop_words.BACK)
    await anna.click("₽")
    await anna.gets_link()
    assert len(anna.texts) == count


async def test_who_is_not_registered_buys_after_registering(anna: ChatUser, sql: asyncpg.Connection) -> None:
    offer = await sql.fetchrow(MONTH, "RUB")
    await anna.send("/courses")
    await anna.click(offer["module"])
    await anna.click(lambda: money(offer["price"], "RUB"))
    assert await sql.fetchval("select count(*) from purchases") == 0
    await anna.click(registration.REGISTER)
    await anna.gets_link()
    assert await sql.fetchval("select amount_cents from purchases") == offer["price"]


async def test_pressing_again_gives_the_same_link(anna: ChatUser, sql: asyncpg.Connection) -> None:
    offer = await sql.fetchrow(MONTH, "RUB")
    await anna.register()
    link = await anna.order(offer["id"])
    assert await anna.order(offer["id"]) == link
    assert await sql.fetchval("select count(*) from purchases") == 1
    assert await sql.fetchval("select count(*) from bot.payment_attempts") == 1


async def test_a_new_price_is_a_new_order(anna: ChatUser, sql: asyncpg.Connection) -> None:
    offer = await sql.fetchrow(MONTH, "RUB")
    await anna.register()
    link = await anna.order(offer["id"])
    await sql.execute("update bot.offers set price = price + 100 where id = $1", offer["id"])
    assert await anna.order(offer["id"]) != link
    amounts = await sql.fetch("select amount_cents from purchases order by id")
    assert [row[0] for row in amounts] == [offer["price"], offer["price"] + 100]


async def test_two_people_have_links_of_their_own(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    offer = await sql.fetchrow(MONTH, "RUB")
    await anna.register()
    await ben.register()
    assert await anna.order(offer["id"]) != await ben.order(offer["id"])
    assert await sql.fetchval("select count(distinct user_id) from purchases") == 2


async def test_what_is_withdrawn_or_never_was_is_said_with_what_there_is(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    offer = await sql.fetchrow(MONTH, "RUB")
    await anna.register()
    await anna.send("/courses")
    await anna.click(offer["module"])
    await sql.execute("update bot.offers set active = false where id = $1", offer["id"])
    count = len(anna.texts)
    await anna.click(lambda: money(offer["price"], "RUB"))
    assert anna.words(shop_words.GONE) in anna.last_text
    assert len(anna.texts) == count  # in place
    gone, left = anna.words(lambda: money(offer["price"], "RUB")), "2\xa0490\xa0₽"
    assert [gone in " ".join(anna.buttons), left in " ".join(anna.buttons)] == [False, True]
    await anna.send(f"/start buy_{offer['id']}")
    assert anna.words(shop_words.GONE) in anna.last_text
    for data in (ShowOffer(id=999_999), Pay(offer=999_999, method="stars"), ShowModule(id=999_999)):
        await anna.press(data.pack())
        assert offer["module"] in anna.buttons
    assert await sql.fetchval("select count(*) from purchases") == 0


async def test_a_button_gives_no_right_to_another_way_of_paying(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    """The terms' screen is shown instead."""
    roubles, stars = await sql.fetchrow(MONTH, "RUB"), await sql.fetchrow(MONTH, "XTR")
    await anna.register()
    await anna.send("/courses")
    for data in (Pay(offer=stars["id"], method="link"), Pay(offer=stars["id"], method="gift")):
        await anna.press(data.pack())
        assert stars["product"] in anna.last_text
    assert await sql.fetchval("select count(*) from purchases") == 0
    await anna.press(Pay(offer=roubles["id"], method="stars").pack())
    await anna.gets_link()
    await anna.press(Pay(offer=roubles["id"], method="invoice").pack())
    assert await sql.fetchval("select string_agg(method, ' ') from bot.payment_attempts") == "link"


class TestWithoutProvider:
    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        return settings_for(
            origin_of(sandbox), yookassa_shop_id=None, yookassa_secret_key=None, stars_enabled=False
        )

    async def test_nothing_can_be_paid_and_that_is_said(
        self, anna: ChatUser, sql: asyncpg.Connection
    ) -> None:
        offer = await sql.fetchrow(MONTH, "RUB")
        await anna.register()
        await anna.send(f"/start buy_{offer['id']}")
        assert anna.buttons == [anna.words(shop_words.BACK)]
        await anna.press(Pay(offer=offer["id"], method="link").pack())
        assert await sql.fetchval("select count(*) from purchases") == 0


async def test_where_no_way_takes_the_price_the_other_currency_does(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    """A price of an earlier release: YooKassa takes no more than 350,000 roubles by a link."""
    offer, stars = await sql.fetchrow(MONTH, "RUB"), await sql.fetchrow(MONTH, "XTR")
    assert offer["product_id"] == stars["product_id"]
    await sql.execute("update bot.offers set price = 35000100 where id = $1", offer["id"])
    await anna.send(f"/start buy_{offer['id']}")
    assert anna.words(registration.REGISTER) in anna.buttons
    await anna.register()
    await anna.send(f"/start buy_{offer['id']}")
    await anna.click(anna.words(lambda: money(stars["price"], "XTR")))
    assert await sql.fetchval("select offer_id from bot.payment_attempts") == stars["id"]


async def test_an_empty_school_says_so(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await sql.execute("delete from promocodes")
    await sql.execute("delete from products")
    await sql.execute("delete from modules")
    await anna.send("/courses")
    await anna.receives(lambda: shop_words.courses([]))
