"""Two processes join the accounts of people whose payments the provider tells the running bot of, at that moment."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from bot.jobs.moving import ClockMover
from bot.timings import Timings
from handlers.app import Application
from tests.callbacks import ONLY_CALLBACKS, becomes
from tests.chat.accounts.rows import account_of
from tests.chat.payments.links import arrived
from tests.chat_user import ANNA, BEN, PATIENCE, ChatUser
from tests.db.merging.racers import race, start_two
from tests.db.merging.test_races import WAITING

SITE = "insert into users (email, password_hash, created_at) values ($1, 'x', now()) returning id"
GIVEN = """
select user_id, count(*) from bot.access_changes where source = 'purchase' group by user_id order by user_id
"""


@pytest.fixture
def timings() -> Timings:
    return ONLY_CALLBACKS


async def test_callbacks_in_the_middle_of_merges(
    anna: ChatUser,
    ben: ChatUser,
    olga: ChatUser,
    app: Application,
    mover: ClockMover,
    sql: asyncpg.Connection,
    school_database: str,
    offer: int,
) -> None:
    """Each counts once, for the account that stays; and what was queued for the other one reaches its chat."""
    await olga.register()
    pairs = []
    for person, telegram_id in ((anna, ANNA), (ben, BEN)):
        await person.register()
        await olga.send(f"/grant {telegram_id} 1 123")
        await person.order(offer)
        pairs.append((await account_of(sql, telegram_id), await sql.fetchval(SITE, f"{telegram_id}@school")))
    other = await asyncpg.connect(school_database)
    async with asyncio.timeout(PATIENCE):
        racers = await start_two(school_database, pairs)
        async with other.transaction():
            await other.execute("select from purchases for update")
            racing = asyncio.create_task(race(racers, app.context.now()))
            await anna.pay()
            await ben.pay()
            await becomes(lambda: sql.fetchval(f"select ({WAITING}) >= 4"))  # both merges, both payments
        assert await racing == {"done": 2, "merged": 2}
    await other.close()
    for person in (anna, ben):
        await person.receives(arrived(person))
    assert [tuple(row) for row in await sql.fetch(GIVEN)] == [(site, 1) for _, site in pairs]
    await mover.advance(timedelta(minutes=2))
    for person in (anna, ben):
        await person.receives("123")
        assert sum("123" in text for text in person.texts) == 1
    assert [await account_of(sql, one) for one in (ANNA, BEN)] == [site for _, site in pairs]
