"""The job worker's connection: what it announces before it listens is not lost."""

import asyncio

import asyncpg

from bot.worker import ListeningDriver


async def test_a_probe_waits_until_somebody_listens(database: str) -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()
    async with asyncpg.create_pool(database, min_size=1, max_size=3) as pool, ListeningDriver(pool) as driver:
        probe = asyncio.create_task(driver.notify("channel", "are you there?"))
        await pool.fetchval("select 1")
        assert not probe.done()
        await driver.add_listener("channel", heard.put_nowait)
        async with asyncio.timeout(10):
            assert await heard.get() == "are you there?"
            await probe
