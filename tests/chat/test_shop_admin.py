"""Offers as admins make, withdraw and restore them."""

from functools import partial

import asyncpg
import pytest
from pydantic import SecretStr

from bot.chat.shop_buttons import AskWithdrawOffer, DropOffer, RestoreOffer, SellOffer, WithdrawOffer
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import shop_offers as words
from bot.texts import stats as stats_words
from bot.texts.format import days, money
from tests.app import origin_of, settings_for
from tests.chat.admin import ADMIN_ROWS
from tests.chat_user import BEN, ChatUser

PRICES = [
    ("990 RUB", 99_000, "RUB"),
    ("990.50 rub", 99_050, "RUB"),
    ("990,50 RUB", 99_050, "RUB"),
    ("1 990 RUB", 199_000, "RUB"),
    ("150 XTR", 150, "XTR"),
    ("350000 RUB", 35_000_000, "RUB"),
    ("990₽", 99_000, "RUB"),
    ("1 990,50 руб.", 199_050, "RUB"),
    ("1,990.50 р", 199_050, "RUB"),
    ("1.990,50 рублей", 199_050, "RUB"),
    ("100 звёзд", 100, "XTR"),
    ("99 000⭐️", 99_000, "XTR"),
    ("$10", 1_000, "USD"),
    ("€ 0,500", 50, "EUR"),
    ("٩٩٠\u200b RUB", 99_000, "RUB"),
]


async def test_an_offer_is_made_as_its_price_is_written(olga: ChatUser, sql: asyncpg.Connection) -> None:
    on_sale = {"RUB", "XTR"}  # for as many days
    for written, amount, currency in PRICES:
        await olga.send(f"/offer 1 30 {written}")
        assert ("⚠️" in olga.last_text) == (currency in on_sale)
        on_sale.add(currency)
        row = await sql.fetchrow("select * from bot.offers order by id desc limit 1")
        made = (row["product_id"], row["days"], row["price"], row["currency"])
        assert made == (1, 30, amount, currency)
        with olga.localizer.use_locale(olga.language):
            assert money(amount, currency) in olga.last_text
        assert not row["active"], "on sale before the price was confirmed"
        await olga.click(partial(money, amount, currency))
        assert f"?start=buy_{row['id']}" in olga.last_text
        assert await sql.fetchval("select active from bot.offers where id = $1", row["id"])


async def test_a_price_shown_wrongly_is_dropped(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await ben.register()
    before = await sql.fetchval("select count(*) from bot.offers")
    await olga.send("/offer 1 30 9900 RUB")
    made = await sql.fetchval("select max(id) from bot.offers")
    await ben.send(f"/start buy_{made}")
    await ben.receives("no longer on offer")
    await olga.click(words.DROP)
    await olga.receives(words.DROPPED)
    assert await sql.fetchval("select count(*) from bot.offers") == before
    await olga.press(SellOffer(offer=made).pack())
    await olga.receives("больше нет")
    on_sale = await sql.fetchval("select min(id) from bot.offers where active")
    await olga.press(DropOffer(offer=on_sale).pack())
    assert await sql.fetchval("select count(*) from bot.offers") == before


@pytest.mark.parametrize(
    ("written", "readings"),
    [
        ("1,990 RUB", ["1990", "1.99"]),
        ("1.990 RUB", ["1990", "1.99"]),
        ("12,500 RUB", ["12500", "12.5"]),
        ("2,000 RUB", ["2000", "2"]),
        ("100.000₽", ["100000", "100"]),
        ("1,990 XTR", ["1990"]),
        ("1 990,500 руб", ["1990500", "1990.5"]),
    ],
)
async def test_an_ambiguous_price_is_refused_with_both_readings(
    olga: ChatUser, sql: asyncpg.Connection, written: str, readings: list[str]
) -> None:
    before = tuple(await sql.fetchrow(ADMIN_ROWS))
    await olga.send(f"/offer 1 30 {written}")
    assert tuple(await sql.fetchrow(ADMIN_ROWS)) == before
    assert " или ".join(readings) in olga.last_text


WRONG_OFFERS = [
    "1 30 990", "1 30 0 RUB", "1 30 -1 RUB", "1 30 9.905 RUB", "1 30 1.5 XTR", "1 30 21474836.48 RUB",
    "1 30 1e9 RUB", "1 30 990 ZZZ", "1 30 $10 EUR", "1 30 nan RUB", "1 0 990 RUB", "1 30 " + "9" * 4000 + " RUB",
]  # fmt: skip


async def test_an_offer_written_wrongly_is_not_made(olga: ChatUser, sql: asyncpg.Connection) -> None:
    before = tuple(await sql.fetchrow(ADMIN_ROWS))
    for written in WRONG_OFFERS:
        await olga.send(f"/offer {written}")
        assert "/offer ПРОДУКТ ДНЕЙ ЦЕНА ВАЛЮТА" in olga.last_text, written
    assert tuple(await sql.fetchrow(ADMIN_ROWS)) == before


class TestNoProvider:
    """Only Stars are set up."""

    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        return settings_for(origin_of(sandbox), yookassa_shop_id=None, yookassa_secret_key=None)

    async def test_a_currency_that_nobody_takes_is_refused_with_what_would_take_it(
        self, olga: ChatUser, sql: asyncpg.Connection
    ) -> None:
        before = tuple(await sql.fetchrow(ADMIN_ROWS))
        for currency, settings in (
            ("RUB", "YOOKASSA_SHOP_ID, TELEGRAM_PAYMENT_TOKEN"),
            ("AED", "TELEGRAM_PAYMENT_TOKEN"),
        ):
            await olga.send(f"/offer 1 30 990 {currency}")
            assert currency in olga.last_text
            assert olga.last_text.endswith(f": {settings}.")
            assert tuple(await sql.fetchrow(ADMIN_ROWS)) == before
        await olga.send("/offer 1 30 500 XTR")
        await olga.click("✅")
        withdrawn = await sql.fetchval(
            "update bot.offers set active = false where currency = 'RUB' returning id"
        )
        await olga.press(RestoreOffer(offer=withdrawn).pack())
        assert not await sql.fetchval("select active from bot.offers where id = $1", withdrawn)


class TestPriceThatNoWayTakes:
    """It is known before the offer goes on sale; the bounds are said."""

    @pytest.fixture(params=["link", "invoice"])
    def app_settings(self, sandbox: Sandbox, request: pytest.FixtureRequest) -> Settings:
        origin, token = origin_of(sandbox), SecretStr("381764678:TEST:1")
        if request.param == "link":
            return settings_for(origin)
        return settings_for(
            origin, yookassa_shop_id=None, yookassa_secret_key=None, telegram_payment_token=token
        )

    async def test_is_refused(
        self, olga: ChatUser, sql: asyncpg.Connection, request: pytest.FixtureRequest
    ) -> None:
        prices = {
            "link": [("300000 XTR", 1, 100_000, "XTR"), ("350001 RUB", 100, 35_000_000, "RUB")],
            "invoice": [("50 RUB", 9951, 86_530_000, "RUB"), ("1 BYN", 288, 10_000_000, "BYN")],
        }
        before = tuple(await sql.fetchrow(ADMIN_ROWS))
        for written, least, most, currency in prices[request.node.callspec.params["app_settings"]]:
            await olga.send(f"/offer 1 30 {written}")
            with olga.localizer.use_locale(olga.language):
                for bound in (least, most):
                    assert money(bound, currency) in olga.last_text
            assert tuple(await sql.fetchrow(ADMIN_ROWS)) == before


async def test_an_offer_is_made_by_buttons_from_admin(olga: ChatUser, sql: asyncpg.Connection) -> None:
    """A slip keeps what was right."""
    await olga.send("/admin")
    await olga.click(stats_words.BUTTONS["offer"])
    await olga.click(await sql.fetchval("select name from products where product_id = 1"))
    assert olga.words(words.ASK_DAYS) in olga.last_text
    await olga.click(olga.words(lambda: days(90)))
    await olga.send("1 99O")
    assert "⚠️" in olga.last_text
    await olga.send("7 990")
    assert olga.words(words.ASK_PRICE) in olga.last_text
    await olga.send("4990 ₽")
    await olga.click(partial(money, 499_000, "RUB"))
    row = await sql.fetchrow(
        "select product_id, days, price, active from bot.offers order by id desc limit 1"
    )
    assert tuple(row) == (1, 90, 499_000, True)
    await olga.send("/offer python")
    await olga.send("45 1 500 руб")
    await olga.click(words.DROP)
    for unknown in ("/offer 9999 30 990 RUB", "/offer balalaika"):
        await olga.send(unknown)
        assert "⚠️" in olga.last_text
        assert olga.words(words.ASK_PRODUCT) in olga.last_text
    await olga.send("python 45 1500 руб")
    await olga.click(words.DROP)
    await olga.receives(words.DROPPED)


async def test_an_offer_is_withdrawn_and_restored(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.send("/offer 1 30 990 RUB")
    await olga.click("✅")
    made = await sql.fetchval("select max(id) from bot.offers")
    await olga.press(AskWithdrawOffer(offer=made).pack())
    assert await sql.fetchval("select active from bot.offers where id = $1", made) is True
    await olga.click(words.WITHDRAW)
    await ben.send(f"/start buy_{made}")
    assert await sql.fetchval("select active from bot.offers where id = $1", made) is False
    await olga.press(WithdrawOffer(offer=made).pack())
    assert await sql.fetchval("select active from bot.offers where id = $1", made) is False
    await olga.press(RestoreOffer(offer=made).pack())
    assert await sql.fetchval("select active from bot.offers where id = $1", made) is True


async def test_offers_turn_pages_and_products_have_ids(olga: ChatUser, sql: asyncpg.Connection) -> None:
    for price in range(1, 18):
        await sql.execute(
            "insert into bot.offers (product_id, days, price, currency) values (1, 5, $1, 'XTR')", price
        )
    await olga.send("/offers")
    first = olga.last_text
    await olga.click(words.ALL_PRODUCTS)
    for product_id, name in await sql.fetch("select product_id, name from products"):
        assert f"{product_id} · {name[:30]}" in olga.last_text
    await olga.click(words.ALL_OFFERS)
    assert olga.last_text == first
    await olga.click("▶️")
    assert olga.last_text != first
    await olga.click("◀️")
    assert olga.last_text == first


async def test_lists_of_the_longest_names_fit_into_a_message(
    olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.register()
    await ben.register()
    await sql.execute("update users set name = repeat('🙂<&', 900)")
    await sql.execute("update products set name = repeat('🙂<&', 900)")
    await sql.execute("update modules set name = repeat('🙂<&', 900)")
    for number in range(25):
        code = str(number).rjust(2, "0") + "🎁" * 31
        await olga.send(f"/promo_new {code} 1 14 2")
        await olga.send(f"/grant {BEN} 1 {number + 1}")
        await olga.send("/offer 1 30 990 RUB")
    for command in ("/admin", "/offers", "/promos", "/history", f"/history {BEN}", f"/user {BEN}"):
        await olga.send(command)
        assert "🙂<&" in olga.new_texts[-1]
