"""Webhook mode, end to end over real HTTP: only who knows the secret is heard, and an update acts once."""

import socket

import aiohttp
import asyncpg
import pytest
from pydantic import SecretStr

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from main import Lessongate
from tests.chat.person import Person
from tests.school import origin_of, settings_for, update_of

SECRET = "only-telegram-knows"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def school_settings(sandbox: Sandbox) -> Settings:
    port = free_port()
    return settings_for(
        origin_of(sandbox),
        http_port=port,
        public_url=f"http://127.0.0.1:{port}",
        webhook_secret=SecretStr(SECRET),
    )


async def test_a_learner_registers_and_redeems_by_webhook(anna: Person, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/promo SPRING")
    await anna.hears("SPRING")
    assert await sql.fetchval("select count(*) from promocodeusages") == 1


@pytest.mark.parametrize("secret", [None, "", "wrong", "é"])
async def test_who_does_not_know_the_secret_is_not_heard(
    school: Lessongate,
    http: aiohttp.ClientSession,
    anna: Person,
    sql: asyncpg.Connection,
    secret: str | None,
) -> None:
    headers = {HEADER: secret} if secret is not None else {}
    url = f"{school.settings.public_url}/telegram/webhook"
    async with http.post(url, json=update_of(anna, text="/start"), headers=headers) as response:
        assert response.status == 401
    assert await sql.fetchval("select count(*) from bot.chats") == 0


@pytest.mark.parametrize("body", ["", "{", "[]", '{"no": "update"}', '{"update_id": "1"}'])
async def test_what_is_no_update_is_refused(
    school: Lessongate,
    http: aiohttp.ClientSession,
    body: str,
) -> None:
    url = f"{school.settings.public_url}/telegram/webhook"
    async with http.post(url, data=body, headers={HEADER: SECRET}) as response:
        assert response.status == 400


async def test_an_update_delivered_twice_acts_once(
    school: Lessongate,
    http: aiohttp.ClientSession,
    anna: Person,
    sql: asyncpg.Connection,
) -> None:
    await anna.register()
    update = update_of(anna, text="/promo SPRING")
    url = f"{school.settings.public_url}/telegram/webhook"
    for _ in range(3):
        async with http.post(url, json=update, headers={HEADER: SECRET}) as response:
            assert response.status == 200
    assert await sql.fetchval("select count(*) from promocodeusages") == 1
    assert await sql.fetchval("select sum(days) from bot.access_changes") == 14
