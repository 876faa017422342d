"""The demo's clock, moved by its page."""

import asyncio
from datetime import timedelta

import aiohttp

from bot.jobs.moving import ClockMover
from bot.sandbox.app import Sandbox
from handlers.app import Application
from tests.app import origin_of
from tests.chat_user import PATIENCE


async def test_the_page_moves_it(
    app: Application, sandbox: Sandbox, mover: ClockMover, http: aiohttp.ClientSession
) -> None:
    address = f"{origin_of(sandbox)}/sandbox/clock"

    async def told(given: object = None) -> tuple[int, dict[str, object]]:
        method = "GET" if given is None else "POST"
        async with http.request(method, address, json=given) as answer:
            return answer.status, await answer.json()

    status, shown = await told({"seconds": 60})
    assert (status, (await told())[1]["movable"]) == (409, False)
    begun, let = asyncio.Event(), asyncio.Event()

    async def advance(duration: timedelta) -> None:
        begun.set()
        await let.wait()
        await mover.advance(duration)
        raise OSError("the disk is full")

    sandbox.clock.advance = advance
    for wrong in (
        {},
        {"seconds": 0},
        {"seconds": -5},
        {"seconds": True},
        {"seconds": 1.5},
        {"seconds": 10**9},
        [1],
    ):
        assert (await told(wrong))[0] == 400, wrong
    before = sandbox.clock.time()
    assert (await told({"seconds": 3600}))[1]["moving"] is True
    await begun.wait()
    assert (await told({"seconds": 3600}))[0] == 409
    let.set()
    async with asyncio.timeout(PATIENCE):
        while (shown := (await told())[1])["moving"]:  # noqa: ASYNC110 - over HTTP there is no event
            await asyncio.sleep(0.03)
    assert shown["failure"] == "the disk is full"
    assert sandbox.clock.time() >= before + 3600
