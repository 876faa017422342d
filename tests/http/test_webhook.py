"""Webhook mode end to end: the sandbox calls us as Telegram would."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from pydantic import SecretStr

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.updates.reading import KINDS
from handlers.app import Application
from handlers.http_limits import MAX_UPDATE
from tests.app import (
    BOT,
    chat_user,
    origin_of,
    running_app,
    settings_for,
    update_of,
)
from tests.chat_user import PATIENCE, ChatUser
from tests.http.outage import own_database

SECRET = "s3cret-of_the_tests"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
USED = "select count(*) from promocodeusages"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def webhook_settings(sandbox: Sandbox) -> Settings:
    """The address is told to Telegram before anything listens, so that the port must be known."""
    port = free_port()
    return settings_for(
        origin_of(sandbox),
        public_url=f"http://127.0.0.1:{port}",
        http_port=port,
        webhook_secret=SecretStr(SECRET),
    )


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    return webhook_settings(sandbox)


@pytest.fixture
async def app(app: Application, sandbox: Sandbox) -> Application:
    """Telegram knows where to bring the updates."""
    await webhook_is_set(sandbox)
    return app


async def webhook_is_set(sandbox: Sandbox) -> None:
    async with asyncio.timeout(PATIENCE):
        while not calls(sandbox, "setWebhook"):  # noqa: ASYNC110 - the sandbox tells nobody
            await asyncio.sleep(0.01)


def calls(sandbox: Sandbox, method: str) -> list[dict[str, Any]]:
    return [call for call in sandbox.telegram.context.calls if call["method"].lower() == method.lower()]


async def bring(
    app: Application, http: aiohttp.ClientSession, update: Any, secret: str | None = SECRET
) -> int:
    """Posts an update as Telegram would; the status."""
    body = {"data": update} if isinstance(update, bytes) else {"json": update}
    headers = {} if secret is None else {HEADER: secret}
    url = f"{app.settings.public_url}/telegram/webhook"
    async with http.post(url, headers=headers, **body) as response:
        return response.status


async def code(sql: asyncpg.Connection) -> str:
    """A promo code that anyone may use once."""
    await sql.execute(
        "insert into promocodes (code, max_usage_count, days, product_id) values ('HOOK', 9, 1, 1)"
    )
    return "HOOK"


async def test_telegram_is_told_where_and_how(app: Application, sandbox: Sandbox) -> None:
    [call] = calls(sandbox, "setWebhook")
    assert call["params"]["url"] == f"{app.settings.public_url}/telegram/webhook"
    assert call["params"]["secret_token"] == SECRET
    assert set(call["params"]["allowed_updates"]) == set(KINDS)
    assert call["params"].get("drop_pending_updates", "false") == "false"
    assert calls(sandbox, "deleteWebhook") == []


async def test_a_person_talks_and_pays_over_the_webhook(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send(f"/promo {await code(sql)}")
    assert await sql.fetchval(USED) == 1
    await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    await anna.pay()
    await anna.receives("✅")
    assert await sql.fetchval("select status from purchases") == "succeeded"


async def test_a_pressed_button_is_let_go_in_the_answer_to_its_update(
    app: Application, anna: ChatUser, sandbox: Sandbox, http: aiohttp.ClientSession
) -> None:
    """That alone: what Telegram refuses of an answer is never learnt, so that all else is sent."""
    await anna.register()
    query = {
        "id": "1234",
        "from": update_of(anna)["message"]["from"],
        "chat_instance": "1",
        "data": "go:help",
    }
    shown = {"message_id": 1, "date": 0, "chat": {"id": anna.id, "type": "private"}}
    update = {"update_id": 10**6, "callback_query": query | {"message": shown}}
    url, before = f"{app.settings.public_url}/telegram/webhook", len(calls(sandbox, "sendMessage"))
    for _ in ("first", "again, since our answer was lost"):
        async with http.post(url, headers={HEADER: SECRET}, json=update) as response:
            assert await response.json() == {"method": "answerCallbackQuery", "callback_query_id": "1234"}
    assert len(calls(sandbox, "sendMessage")) > before
    assert "1234" not in [
        call["params"]["callback_query_id"] for call in calls(sandbox, "answerCallbackQuery")
    ]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET.upper(), "секрет"])
async def test_without_the_secret_nothing_happens(
    anna: ChatUser, app: Application, sql: asyncpg.Connection, secret: str | None
) -> None:
    await anna.register()
    update = update_of(anna, text=f"/promo {await code(sql)}")
    handled = await sql.fetchval("select count(*) from bot.updates")
    await anna.refresh()
    heard = anna.texts
    assert await bring(app, anna.http, update, secret) == 401
    assert await bring(app, anna.http, b"not even JSON", secret) == 401
    assert await sql.fetchval(USED) == 0
    assert await sql.fetchval("select count(*) from bot.updates") == handled
    await anna.refresh()
    assert anna.texts == heard


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"\xff",
        [],
        "update",
        {},
        {"update_id": "1"},
        {"update_id": None},
        {"update_id": 1.5},
        {"update_id": True},
        {"update_id": -1},
        {"update_id": 2**63},
        {"update_id": 10**30},
    ],
)
async def test_what_is_no_update_is_refused(app: Application, http: aiohttp.ClientSession, body: Any) -> None:
    assert await bring(app, http, body) == 400


async def test_an_update_too_large_is_refused(app: Application, http: aiohttp.ClientSession) -> None:
    assert await bring(app, http, {"update_id": 1, "message": "x" * MAX_UPDATE}) == 413


@pytest.mark.errors_expected("what can't be read is to be looked at")
async def test_300_kilobytes_behind_the_secret_are_taken(anna: ChatUser, app: Application) -> None:
    """Broken a thousand times, or nested as deep as JSON is read."""
    await anna.register()
    entities = [{"type": "bold", "offset": "?", "length": number} for number in range(6000)]
    update = update_of(anna, text="/status", forward_origin={"x": "y" * 50_000})
    update["message"]["entities"] = entities
    assert len(json.dumps(update)) > 300_000
    assert await bring(app, anna.http, update) == 200
    await anna.refresh()
    heard = len(anna.texts)
    depth = 1000
    nested = b'{"update_id": 5, "message": ' + b'{"reply_to_message": ' * depth + b"1" + b"}" * (depth + 1)
    assert await bring(app, anna.http, nested + b" " * 300_000) == 200
    assert await bring(app, anna.http, b"[" * 300_000) == 400
    await anna.send("/status")
    assert len(anna.texts) == heard + 1


async def test_kinds_nobody_asked_for_are_taken_and_let_go(
    app: Application, sandbox: Sandbox, http: aiohttp.ClientSession
) -> None:
    said = len(calls(sandbox, "sendMessage"))
    for update in ({"update_id": 1}, {"update_id": 2, "poll_of_the_future": {"id": 1}}):
        assert await bring(app, http, update) == 200
    assert len(calls(sandbox, "sendMessage")) == said


async def test_the_same_update_acts_once(
    anna: ChatUser, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    update = update_of(anna, text=f"/promo {await code(sql)}")
    assert await asyncio.gather(*(bring(app, anna.http, update) for _ in range(5))) == [200] * 5
    assert await bring(app, anna.http, update) == 200
    assert await sql.fetchval(USED) == 1
    assert await sql.fetchval("select sum(days) from bot.access_changes") == 1
    await anna.receives("HOOK")
    assert sum("HOOK" in text for text in anna.texts) == 1


async def test_groups_and_channels_are_not_answered(
    anna: ChatUser, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    said, word = len(calls(sandbox, "sendMessage")), await code(sql)
    for kind in ("group", "supergroup", "channel"):
        update = update_of(anna, text=f"/promo {word}")
        update["message"]["chat"] = {"id": -1001234567890, "type": kind, "title": "Everybody"}
        assert await bring(app, anna.http, update) == 200
    assert await sql.fetchval(USED) == 0
    assert len(calls(sandbox, "sendMessage")) == said


@pytest.mark.errors_expected("pgqueuer calls the loss of its listener an error")
async def test_while_the_database_is_away_updates_come_again_and_act_once(
    http: aiohttp.ClientSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    async with (
        own_database(tmp_path) as dsn,
        running_app(webhook_settings(sandbox), dsn.dsn) as app,
    ):
        await webhook_is_set(sandbox)
        anna = chat_user(http, app, 7000000001, "ru")
        await anna.register()
        sql = await asyncpg.connect(dsn.dsn)
        word = await code(sql)
        await sql.close()
        await dsn.stop()
        assert await bring(app, http, update_of(anna, text="/status")) == 503
        await anna.write(f"/promo {word}")
        await refused_by_us(sandbox)
        await dsn.start()
        await anna.receives(word)
        sql = await asyncpg.connect(dsn.dsn)
        assert await sql.fetchval(USED) == 1
        assert await sql.fetchval("select sum(days) from bot.access_changes") == 1
        await sql.close()
        assert sum(word in text for text in anna.texts) == 1


async def refused_by_us(sandbox: Sandbox) -> None:
    """The sandbox brought an update and was told to come again."""
    account = next(one for one in sandbox.telegram.context.accounts.all() if one.id == BOT)
    async with asyncio.timeout(PATIENCE):
        while "503" not in account.webhook.last_error_message:  # noqa: ASYNC110 - the sandbox tells nobody
            await asyncio.sleep(0.01)
