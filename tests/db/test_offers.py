"""Offers as admins keep them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from db.engine import Books, Lane
from db.errors import OfferGone, ProductUnknown
from db.shop import courses, offers
from db.shop.offers import Offered

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GREATEST_PRICE = 2**31 - 1


@pytest.fixture
async def books(database: str) -> AsyncIterator[Books]:
    books = Books(database)
    yield books
    await books.close()


@pytest.fixture
async def product(connection: asyncpg.Connection) -> int:
    module = await connection.fetchval(
        "insert into modules (name, interval_count) values ('Chess', 5) returning id"
    )
    return await connection.fetchval(  # type: ignore[no-any-return]
        "insert into products (name, module_id) values ('A month', $1) returning product_id", module
    )


async def make(books: Books, product: int, price: int = 99_050, currency: str = "RUB") -> Offered:
    async with books.transaction(Lane.TALK) as session:
        return await offers.create(session, product, 30, price, currency, NOW)


async def test_an_offer_is_on_sale_as_made(books: Books, product: int) -> None:
    made = await make(books, product)
    assert (made.product, made.module, made.days, made.price, made.currency, made.active) == (
        "A month",
        "Chess",
        30,
        99_050,
        "RUB",
        True,
    )
    async with books.transaction(Lane.TALK) as session:
        on_sale = await courses.offer(session, made.id)
    assert (on_sale.product_id, on_sale.price, on_sale.methods) == (product, 99_050, ())


async def test_the_greatest_price_fits(books: Books, product: int) -> None:
    assert (await make(books, product, GREATEST_PRICE, "XTR")).price == GREATEST_PRICE


@pytest.mark.parametrize("unknown", [0, 999, 2**63 - 1])
async def test_no_offer_without_its_product(
    books: Books, product: int, connection: asyncpg.Connection, unknown: int
) -> None:
    with pytest.raises(ProductUnknown):
        await make(books, unknown)
    assert await connection.fetchval("select count(*) from bot.offers") == 0


async def test_withdrawn_is_not_sold_and_restored_is(books: Books, product: int) -> None:
    made = await make(books, product)
    for active in (False, False, True, True):
        async with books.transaction(Lane.TALK) as session:
            assert (await offers.switch(session, made.id, active=active)).active is active
        async with books.transaction(Lane.TALK) as session:
            sold = [one.id for one in await courses.offers_of(session, 1)]
        assert sold == ([made.id] if active else [])


async def test_an_offer_that_is_gone_can_be_switched_no_more(books: Books) -> None:
    async with books.transaction(Lane.TALK) as session:
        with pytest.raises(OfferGone):
            await offers.switch(session, 2**63 - 1, active=True)


async def test_switching_from_many_sides_ends_in_one_state(books: Books, product: int) -> None:
    made = await make(books, product)

    async def press(active: bool) -> bool:
        async with books.transaction(Lane.TALK) as session:
            return (await offers.switch(session, made.id, active=active)).active

    pressed = await asyncio.gather(*(press(at % 2 == 0) for at in range(10)))
    assert pressed == [at % 2 == 0 for at in range(10)]


async def test_pages_hold_every_offer_once_whatever_is_withdrawn(books: Books, product: int) -> None:
    made = [(await make(books, product, price)).id for price in range(1, 8)]
    async with books.transaction(Lane.TALK) as session:
        await offers.switch(session, made[2], active=False)
        pages = [await offers.listed(session, skip=skip, limit=3) for skip in (0, 3, 6)]
        assert await offers.count(session) == 7
    assert [one.id for page in pages for one in page] == made
    assert [one.id for page in pages for one in page if not one.active] == [made[2]]


async def test_products_are_listed_with_their_modules(books: Books, product: int) -> None:
    async with books.transaction(Lane.TALK) as session:
        goods = await offers.products(session, skip=0, limit=5)
        assert await offers.count_products(session) == 1
    assert [(one.id, one.name, one.module) for one in goods] == [(product, "A month", "Chess")]
