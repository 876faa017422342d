"""Two processes merge the same accounts while what their people pay comes in: each merge once, each payment once."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from pathlib import Path

from tests.chat_user import PATIENCE
from tests.db.merging.people import CHAT, DAY, NOW, People, registers

ROOT = Path(__file__).parents[3]
PEOPLE = 12
SITE = "insert into users (email, password_hash, created_at) values ($1, 'x', now()) returning id"


async def start(dsn: str, pairs: list[str]) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "tests.db.merging.racer", dsn, *pairs]
    racer = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, cwd=ROOT)
    assert racer.stdout
    assert await racer.stdout.readline() == b"ready\n"
    return racer


async def test_two_processes_merge_while_payments_come_in(people: People, dsn: str) -> None:
    pairs, keys = [], []
    for number in range(1, PEOPLE + 1):
        born = await registers(people.database, CHAT + number)
        site = await people.sql.fetchval(SITE, f"{number}@school.example")
        pairs.append((born, site))
        keys.append(await people.orders(born))
    written = [f"{born}:{site}" for born, site in pairs]
    async with asyncio.timeout(PATIENCE):
        racers = [await start(dsn, written), await start(dsn, written[::-1])]
        merging = [asyncio.create_task(racer.communicate(b"go\n")) for racer in racers]
        await asyncio.gather(*map(people.pays, keys))
        outcomes = [out.decode().strip().split(" | ") for out, _ in await asyncio.gather(*merging)]
    assert Counter(outcomes[0] + outcomes[1]) == {"done": PEOPLE, "merged": PEOPLE}
    for born, site in pairs:
        assert await people.rows_of(born) == {}
        assert await people.ends(site) == NOW + 30 * DAY
    assert await people.sql.fetchval("select count(*) from purchases where status = 'succeeded'") == PEOPLE
    causes = "select count(*), count(distinct source_id) from bot.access_changes where source = 'purchase'"
    assert tuple(await people.sql.fetchrow(causes)) == (PEOPLE, PEOPLE)
