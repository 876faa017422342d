"""Telegram on a bad day, as switched on."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.sandbox.telegram_world import ANNA, Bot, World


@pytest.fixture
async def own_bot() -> AsyncIterator[Bot]:
    """A bot in a sandbox of its own, whose switches nobody else feels."""
    world = await World().start()
    bot = await world.new_bot()
    await bot.person().send()
    yield bot
    await world.close()


async def texts(bot: Bot) -> list[str]:
    return [
        message["text"] for message in (await bot.person().chat())["messages"] if "outgoing" not in message
    ]


async def test_too_many_requests(own_bot: Bot) -> None:
    await own_bot.world.faults(telegram_429=2)
    assert len(await own_bot.updates()) == 1  # polling is spared
    for _ in range(2):
        answer = await own_bot.call("sendMessage", chat_id=ANNA, text="x")
        assert answer == {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 1",
            "parameters": {"retry_after": 1},
        }
    await own_bot.ok("sendMessage", chat_id=ANNA, text="x")
    assert await texts(own_bot) == ["x"]


async def test_server_errors(own_bot: Bot) -> None:
    await own_bot.world.faults(telegram_5xx=1)
    assert (await own_bot.call("sendMessage", chat_id=ANNA, text="x"))["error_code"] == 502
    assert await texts(own_bot) == []


async def test_a_dropped_call_was_carried_out(own_bot: Bot) -> None:
    await own_bot.world.faults(telegram_drop=1)
    with pytest.raises(aiohttp.ClientError):
        await own_bot.call("sendMessage", chat_id=ANNA, text="once")
    assert await texts(own_bot) == ["once"]
    await own_bot.ok("sendMessage", chat_id=ANNA, text="twice")


async def test_a_slow_telegram(own_bot: Bot) -> None:
    await own_bot.world.faults(telegram_slow=30.0)
    with pytest.raises(TimeoutError):
        async with own_bot.world.http.get(
            f"{own_bot.world.origin}/bot{own_bot.token}/getMe", timeout=aiohttp.ClientTimeout(total=0.1)
        ):
            pass
    await own_bot.world.faults(telegram_slow=0.0)
    assert (await own_bot.ok("getMe"))["id"] == own_bot.id
