"""Two processes merge the same accounts while what their people pay comes in: each merge once, each payment once."""

import asyncio

import pytest

from tests.chat_user import PATIENCE
from tests.db.merging.people import CHAT, DAY, NOW, People, registers
from tests.db.merging.racers import race, start_two

PEOPLE = 12
SITE = "insert into users (email, password_hash, created_at) values ($1, 'x', now()) returning id"


@pytest.mark.proof
async def test_two_processes_merge_while_payments_come_in(people: People, dsn: str) -> None:
    pairs, keys = [], []
    for number in range(1, PEOPLE + 1):
        born = await registers(people.database, CHAT + number)
        site = await people.sql.fetchval(SITE, f"{number}@school.example")
        pairs.append((born, site))
        keys.append(await people.orders(born))
    async with asyncio.timeout(PATIENCE):
        racing = asyncio.create_task(race(await start_two(dsn, pairs), NOW))
        await asyncio.gather(*map(people.pays, keys))
        outcomes = await racing
    assert outcomes == {"done": PEOPLE, "merged": PEOPLE}
    for born, site in pairs:
        assert await people.rows_of(born) == {}
        assert await people.ends(site) == NOW + 30 * DAY
    assert await people.sql.fetchval("select count(*) from purchases where status = 'succeeded'") == PEOPLE
    causes = "select count(*), count(distinct source_id) from bot.access_changes where source = 'purchase'"
    assert tuple(await people.sql.fetchrow(causes)) == (PEOPLE, PEOPLE)
