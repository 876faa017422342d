"""The doctor looks at what is on sale: an offer that nobody can pay is named."""

import asyncpg
import pytest

from bot.catalogue import reading
from bot.doctor import Severity
from db.catalogue.loading import load_catalogue
from db.engine import Database, Pool
from tests.db.catalogue.file import SMALL
from tests.doctor.installation import Installation, problems

OFFER = 'offers "python/monthly"'


@pytest.fixture
async def shop(database: Database) -> None:
    async with database.transaction(Pool.JOBS) as session:
        await load_catalogue(session, reading.parse(SMALL))


async def test_what_can_be_paid_is_well(installation: Installation, shop: None) -> None:
    found = await installation.findings()
    assert problems(found) == []
    assert "ok shop: each offer can be paid" in [str(one) for one in found if one.severity is Severity.OK]


@pytest.mark.parametrize(
    ("price", "currency", "said"),
    [(99, "RUB", "1.00"), (2**31 - 1, "RUB", "350000"), (100_001, "XTR", "100000"),
     (500, "JPY", "TELEGRAM_PAYMENT_TOKEN")],
)  # fmt: skip
async def test_an_offer_that_no_way_takes(
    installation: Installation,
    connection: asyncpg.Connection,
    shop: None,
    price: int,
    currency: str,
    said: str,
) -> None:
    await connection.execute("update bot.offers set price = $1, currency = $2", price, currency)
    found = problems(await installation.findings())
    assert found
    assert all(line.startswith('! shop: offers "') for line in found)
    assert [line for line in found if said not in line] == []
