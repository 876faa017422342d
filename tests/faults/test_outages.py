"""The database, the provider, or what speaks for it, fails at the worst moment."""

from pathlib import Path

import aiohttp
import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from tests.callbacks import ONLY_CALLBACKS, becomes, credited
from tests.chat.person import Person
from tests.http.outage import own_database
from tests.school import open_school, origin_of, settings_for, somebody


@pytest.mark.errors_expected("a callback that could not be recorded is an error, and comes again")
async def test_database_down_at_the_callback(
    http: aiohttp.ClientSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = settings_for(origin_of(sandbox))
    async with (
        own_database(tmp_path) as database,
        open_school(settings, database.dsn, ONLY_CALLBACKS) as school,
    ):
        sandbox.yookassa.notifications_url = f"http://127.0.0.1:{school.http_port}/yookassa/webhook"
        anna = somebody(http, school, 7000000001, "ru", "anna@example.com")
        await anna.register()
        await anna.order(1)
        await anna.open_checkout()
        await database.stop()
        await anna.pay()
        await becomes(lambda: refused_with_503(anna))
        await database.start()
        await anna.hears("✅")
        sql = await asyncpg.connect(database.dsn)
        assert await credited(sql) == (1, await sql.fetchval("select days from purchases"))
        await sql.close()


async def refused_with_503(person: Person) -> bool:
    async with person.http.get(f"{person.origin}/sandbox/notifications") as response:
        attempts = [one for item in await response.json() for one in item["attempts"]]
    return any(one["status"] == 503 for one in attempts)
