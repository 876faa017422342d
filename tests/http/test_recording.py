"""Callbacks that come together are written together, and each is answered for itself."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from functools import partial

import aiohttp
import asyncpg
import pytest

from bot.timings import Timings
from handlers.app import Application
from handlers.recording import AT_ONCE, TOGETHER, WAITING
from tests.callbacks import ONLY_CALLBACKS, becomes, notification, post, recorded

MOST = WAITING + AT_ONCE * TOGETHER  # that are there at once


@pytest.fixture
def timings() -> Timings:
    return ONLY_CALLBACKS


@pytest.fixture
async def crowd() -> AsyncIterator[aiohttp.ClientSession]:
    """As many connections as are asked for."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


def another() -> object:
    return notification("payment.succeeded", id=str(uuid.uuid4()))


async def send_together(
    app: Application, crowd: aiohttp.ClientSession, sql: asyncpg.Connection, bodies: list[object]
) -> list[int]:
    """All are there before the first is written: all but MOST have been refused. The statuses, in their order."""
    async with sql.transaction():
        await sql.execute("lock table bot.callbacks in share mode")
        sent = [asyncio.create_task(post(app, crowd, body)) for body in bodies]
        await becomes(partial(too_many, sent))
    return await asyncio.gather(*sent)


async def too_many(sent: list[asyncio.Task[int]]) -> bool:
    return sum(one.done() for one in sent) >= len(sent) - MOST


async def test_each_of_those_that_may_wait_is_recorded_and_the_others_come_again(
    app: Application, crowd: aiohttp.ClientSession, sql: asyncpg.Connection
) -> None:
    statuses = await send_together(app, crowd, sql, [another() for _ in range(MOST + 7)])
    taken = statuses.count(200)
    assert WAITING <= taken <= MOST
    assert statuses.count(503) == MOST + 7 - taken
    assert (await recorded(sql))[0] == taken


@pytest.mark.errors_expected("one that the database refuses")
async def test_what_is_wrong_with_one_is_nothing_to_the_others(
    app: Application, crowd: aiohttp.ClientSession, sql: asyncpg.Connection
) -> None:
    bad = str(uuid.uuid4())
    await sql.execute(f"alter table bot.callbacks add check (payment_id <> '{bad}')")
    bodies = [another() for _ in range(WAITING)]
    bodies[TOGETHER] = notification("payment.succeeded", id=bad)
    sent = [asyncio.create_task(post(app, crowd, body)) for body in bodies]
    assert sorted(await asyncio.gather(*sent)) == [200] * (WAITING - 1) + [503]
    assert (await recorded(sql))[0] == WAITING - 1
