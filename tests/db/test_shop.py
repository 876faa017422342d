"""Offers as admins keep them."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from db.engine import Database, Pool
from db.errors import OfferGone, ProductUnknown
from db.shop import courses, offers
from db.shop.courses import OfferDetails

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GREATEST_PRICE = 2**31 - 1


@pytest.fixture
async def product(connection: asyncpg.Connection) -> int:
    module = await connection.fetchval(
        "insert into modules (name, interval_count) values ('Chess', 5) returning id"
    )
    return await connection.fetchval(  # type: ignore[no-any-return]
        "insert into products (name, module_id) values ('A month', $1) returning product_id", module
    )


async def make(database: Database, product: int, price: int = 99_050, currency: str = "RUB") -> OfferDetails:
    async with database.transaction(Pool.TALK) as session:
        draft = await offers.create_offer(session, product, 30, price, currency, NOW)
        assert not draft.active, "before its price is confirmed"
        return await offers.mark_active(session, draft.id, active=True)


async def test_an_offer_is_on_sale_as_made_once_it_is_confirmed(database: Database, product: int) -> None:
    made = await make(database, product)
    assert (made.product, made.module, made.days, made.price, made.currency, made.active) == (
        "A month",
        "Chess",
        30,
        99_050,
        "RUB",
        True,
    )
    async with database.transaction(Pool.TALK) as session:
        on_sale = await courses.get_offer(session, made.id)
    assert (on_sale.product_id, on_sale.price, on_sale.methods) == (product, 99_050, ())


async def test_the_greatest_price_fits(database: Database, product: int) -> None:
    assert (await make(database, product, GREATEST_PRICE, "XTR")).price == GREATEST_PRICE


@pytest.mark.parametrize("unknown", [0, 999, 2**63 - 1])
async def test_no_offer_without_its_product(
    database: Database, product: int, connection: asyncpg.Connection, unknown: int
) -> None:
    with pytest.raises(ProductUnknown):
        await make(database, unknown)
    assert await connection.fetchval("select count(*) from bot.offers") == 0


async def test_withdrawn_is_not_sold_and_restored_is(database: Database, product: int) -> None:
    made = await make(database, product)
    for active in (False, False, True, True):
        async with database.transaction(Pool.TALK) as session:
            assert (await offers.mark_active(session, made.id, active=active)).active is active
        async with database.transaction(Pool.TALK) as session:
            sold = [one.id for one in await courses.list_offers(session, 1)]
        assert sold == ([made.id] if active else [])


async def test_an_offer_that_is_gone_can_be_switched_no_more(database: Database) -> None:
    async with database.transaction(Pool.TALK) as session:
        with pytest.raises(OfferGone):
            await offers.mark_active(session, 2**63 - 1, active=True)


async def test_switching_from_many_sides_ends_in_one_state(database: Database, product: int) -> None:
    made = await make(database, product)

    async def press(active: bool) -> bool:
        async with database.transaction(Pool.TALK) as session:
            return (await offers.mark_active(session, made.id, active=active)).active

    pressed = await asyncio.gather(*(press(at % 2 == 0) for at in range(10)))
    assert pressed == [at % 2 == 0 for at in range(10)]


async def test_pages_hold_every_offer_once_whatever_is_withdrawn(database: Database, product: int) -> None:
    made = [(await make(database, product, price)).id for price in range(1, 8)]
    async with database.transaction(Pool.TALK) as session:
        await offers.mark_active(session, made[2], active=False)
        pages = [await offers.list_offers(session, skip=skip, limit=3) for skip in (0, 3, 6)]
        assert await offers.count_offers(session) == 7
    assert [one.id for page in pages for one in page] == made
    assert [one.id for page in pages for one in page if not one.active] == [made[2]]


async def test_products_are_listed_with_their_modules(database: Database, product: int) -> None:
    async with database.transaction(Pool.TALK) as session:
        goods = await offers.list_products(session, skip=0, limit=5)
        assert await offers.count_products(session) == 1
    assert [(one.id, one.name, one.module) for one in goods] == [(product, "A month", "Chess")]


async def test_renewing_offers_what_was_bought_last(
    database: Database, connection: asyncpg.Connection, product: int
) -> None:
    """Else what is nearest to it, the cheapest; a pending purchase and one of another module count for nothing."""
    month, year, stars = [
        OfferDetails(number, product, "", 1, "", days, price, currency, True, ())
        for number, (days, price, currency) in enumerate(
            [(30, 990, "RUB"), (365, 7900, "RUB"), (30, 500, "XTR")]
        )
    ]
    await connection.execute("insert into users (id, email, created_at) values (1, 'a@example.com', now())")
    buy = (
        "insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days,"
        " currency, created_at, purchased_at) values (1, $1, 1, 'stars', $2, $3, $4, $5, now(), $6)"
    )
    renewals = [courses.choose_renewal([year, month, stars], None)]
    bought = [
        ("succeeded", 365, "RUB"),
        ("pending", 30, "XTR"),
        ("succeeded", 90, "RUB"),
        ("succeeded", 30, "XTR"),
    ]
    for number, (status, days, currency) in enumerate(bought):
        await connection.execute(
            buy, product, status, f"p{number}", days, currency, NOW if status == "succeeded" else None
        )
        async with database.transaction(Pool.TALK) as session:
            module = await connection.fetchval("select module_id from products")
            terms = await courses.get_last_terms(session, 1, module)
            assert await courses.get_last_terms(session, 1, module + 1) is None
        renewals.append(courses.choose_renewal([month, year, stars], terms))
    assert renewals == [month, year, year, month, stars]
