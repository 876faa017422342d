"""A price changes while an order is under way: it is kept for an hour where it was raised, and never silently."""

from dataclasses import replace
from datetime import timedelta

import asyncpg

from bot.payments.screens import get_order, screen
from bot.texts.payments import orders as words
from db.catalogue.exporting import export_catalogue
from db.catalogue.loading import load_catalogue
from db.engine import Pool
from db.payments.attempts import get_attempt
from db.payments.prices import PriceRise
from handlers.app import Application
from tests.chat.payments.test_invoices import STARS, invoice, pays
from tests.chat_user import ChatUser

COST = "select amount_cents from purchases order by id desc limit 1"


async def reprice(app: Application, factor: int) -> None:
    """As a catalogue does that says other prices."""
    async with app.database.transaction(Pool.JOBS) as session:
        catalogue = await export_catalogue(session)
        products = tuple(
            replace(
                one, offers=tuple(replace(offer, price=offer.price * factor // 10) for offer in one.offers)
            )
            for one in catalogue.products
        )
        await load_catalogue(session, replace(catalogue, products=products), app.context.now())


async def test_a_raised_price_waits_for_an_hour(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    await anna.register()
    offer = int(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    link = await anna.order(offer)
    before = int(await sql.fetchval(COST))
    await reprice(app, 20)
    assert await anna.order(offer) == link
    assert "подорожало" in anna.last_text.lower()
    stars = await invoice(anna, sql, STARS, "stars")
    await reprice(app, 20)
    # With the clock of these tests, which asks for an open payment each second, an hour takes minutes.
    await sql.execute("update bot.offers set price_changed_at = price_changed_at - interval '61 minutes'")
    assert (await pays(anna, stars))["status"] == "refused"
    assert await anna.order(offer) != link
    assert int(await sql.fetchval(COST)) == before * 4
    await invoice(anna, sql, STARS, "stars")
    assert "Цена изменилась" in (anna.toast or "")


async def test_a_raised_price_is_kept_by_an_invoice_and_a_lowered_one_counts_at_once(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    await anna.register()
    before = await invoice(anna, sql, STARS, "stars")
    await reprice(app, 20)
    assert (await pays(anna, before))["status"] == "paid"
    await anna.receives("✅ Оплачено")
    after = await invoice(anna, sql, STARS, "stars")
    await reprice(app, 5)
    assert (await pays(anna, after))["status"] == "refused"


async def test_an_order_says_what_is_dearer_soon_as_long_as_it_is_not(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    now, second = app.context.now(), timedelta(seconds=1)
    async with app.database.transaction(Pool.JOBS) as session:
        attempt = await get_attempt(session, await sql.fetchval("select id from bot.payment_attempts"))
        assert attempt is not None
        order = await get_order(session, app.context, attempt)
    with app.context.localizer.use_locale("ru"):
        for at, is_said in ((now + second, True), (now, False), (now - second, False)):
            rise = PriceRise(200_000, at)
            text, _ = screen(replace(order, rise=rise), now)
            assert (words.rises(rise, "RUB") in text) == is_said
