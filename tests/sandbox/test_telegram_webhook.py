"""Webhooks: secret, order per chat, repetition, answers that are calls."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from tests.sandbox.telegram_world import ANNA, BEN, Bot, Json, until, webhook


def text_of(update: Json) -> str:
    return str(update.get("message", {}).get("text", ""))


async def test_updates_come_with_the_secret(bot: Bot) -> None:
    async with webhook() as hook:
        await bot.ok("setWebhook", url=hook.url, secret_token="s-1_A")
        answer = await bot.person().send("hi", wait=20)
        assert answer["confirmed"]
        assert hook.texts() == ["hi"]
        assert hook.headers[0]["X-Telegram-Bot-Api-Secret-Token"] == "s-1_A"
        info = await bot.ok("getWebhookInfo")
        assert (info["url"], info["pending_update_count"]) == (hook.url, 0)
        await bot.ok("deleteWebhook")


async def test_a_failing_update_holds_up_its_chat_only(bot: Bot) -> None:
    heal = asyncio.Event()
    tries: list[str] = []

    async def answer(update: Json) -> web.Response | None:
        tries.append(text_of(update))
        return web.Response(status=500) if text_of(update) == "poison" and not heal.is_set() else None

    async with webhook() as hook:
        hook.answer = answer
        await bot.ok("setWebhook", url=hook.url)
        for text in ("poison", "second", "third"):
            await bot.person(ANNA).send(text)
        assert (await bot.person(BEN).send("other chat", wait=20))["confirmed"]
        await until(lambda: tries.count("poison") >= 3)
        assert hook.texts() == ["other chat"]
        info = await bot.ok("getWebhookInfo")
        assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
        assert info["pending_update_count"] == 3
        heal.set()
        await hook.took(4)
        assert hook.texts() == ["other chat", "poison", "second", "third"]
        await bot.ok("deleteWebhook")


async def test_a_slow_update_holds_up_its_chat_only(bot: Bot) -> None:
    go_on = asyncio.Event()

    async def answer(update: Json) -> None:
        if text_of(update) == "slow":
            await go_on.wait()

    async with webhook() as hook:
        hook.answer = answer
        await bot.ok("setWebhook", url=hook.url)
        await bot.person(ANNA).send("slow")
        await bot.person(ANNA).send("next")
        await bot.person(BEN).send("other", wait=20)
        assert hook.texts() == ["other"]
        go_on.set()
        await hook.took(3)
        assert hook.texts() == ["other", "slow", "next"]
        await bot.ok("deleteWebhook")


async def test_no_more_connections_than_allowed(bot: Bot) -> None:
    now, most = 0, 0

    async def answer(update: Json) -> None:
        nonlocal now, most
        now, most = now + 1, max(most, now + 1)
        await asyncio.sleep(0.02)
        now -= 1

    async with webhook() as hook:
        hook.answer = answer
        await bot.ok("setWebhook", url=hook.url, max_connections=2)
        people = [(await bot.world.post("/sandbox/people"))["id"] for _ in range(6)]
        await asyncio.gather(*(bot.person(number).send() for number in people))
        await hook.took(6)
        await bot.ok("deleteWebhook")
    assert most == 2


async def test_waiting_updates_go_to_a_new_address(bot: Bot) -> None:
    await bot.ok("setWebhook", url="http://127.0.0.1:9/nobody")
    await bot.person().send("kept")
    async with webhook() as hook:
        await bot.ok("setWebhook", url=hook.url)
        await hook.took(1)
        assert hook.texts() == ["kept"]
        await bot.ok("deleteWebhook")


@pytest.mark.parametrize("as_json", [True, False])
async def test_an_answer_may_be_a_call(bot: Bot, as_json: bool) -> None:
    call = {"method": "sendMessage", "chat_id": str(ANNA), "text": "from the answer"}

    async def answer(update: Json) -> web.Response:
        if as_json:
            return web.json_response(call)
        with aiohttp.MultipartWriter("form-data") as form:
            for name, value in call.items():
                form.append(value).set_content_disposition("form-data", name=name)
        return web.Response(body=form, content_type=None, headers=dict(form.headers))

    async with webhook() as hook:
        hook.answer = answer
        await bot.ok("setWebhook", url=hook.url)
        replies = (await bot.person().send(wait=20, replies=1))["replies"]
        assert [reply["text"] for reply in replies] == ["from the answer"]
        await bot.ok("deleteWebhook")


async def test_retry_after_is_honoured(bot: Bot) -> None:
    moments: list[float] = []

    async def answer(update: Json) -> web.Response | None:
        moments.append(asyncio.get_running_loop().time())
        return web.Response(status=503, headers={"Retry-After": "20"}) if len(moments) == 1 else None

    async with webhook() as hook:
        hook.answer = answer
        await bot.ok("setWebhook", url=hook.url)
        await bot.person().send(wait=20)
        await bot.ok("deleteWebhook")
    assert moments[1] - moments[0] >= 0.2  # 20 s at a hundredth of the real pace; without it, at once


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"url": "ftp://a.b/"}, "An HTTPS URL must be provided for webhook"),
        (
            {"url": "http://127.0.0.1/", "secret_token": "пароль"},
            "secret token contains unallowed characters",
        ),
        ({"url": "http://127.0.0.1/", "max_connections": 101}, "max_connections"),
        ({"url": "http://127.0.0.1/", "allowed_updates": "[oops"}, "can't parse allowed updates JSON object"),
    ],
)
async def test_settings_telegram_refuses(bot: Bot, params: Json, refusal: str) -> None:
    assert refusal in await bot.refused("setWebhook", **params)
    assert (await bot.ok("getWebhookInfo"))["url"] == ""
