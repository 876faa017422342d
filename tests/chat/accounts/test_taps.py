"""How many taps it takes a newcomer, counted by the buttons that were pressed. Telegram's own Start is none of ours."""

import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts.accounts import registration as words
from tests.app import origin_of, settings_for
from tests.chat_user import ChatUser

SIGNED_IN = "select count(*) from sessions where revoked_at is null"


def taps(sandbox: Sandbox) -> int:
    return sum(call["method"].lower() == "answercallbackquery" for call in sandbox.telegram.context.calls)


async def test_registering_takes_one(anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection) -> None:
    await anna.send("/start")
    await anna.click(words.REGISTER)
    assert await sql.fetchval(SIGNED_IN) == 1
    assert taps(sandbox) == 1


async def test_a_promo_code_by_link_takes_one(
    anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.send("/start promo_SPRING")
    await anna.click(words.REGISTER)
    assert await sql.fetchval("select count(*) from usermoduleaccess where ends_at > now()") == 1
    assert taps(sandbox) == 1


class TestWithDocuments:
    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        documents = {"terms_url": "https://school.example/t", "privacy_url": "https://school.example/p"}
        return settings_for(origin_of(sandbox), **documents)

    @pytest.mark.parametrize("link", ["", " promo_SPRING"])
    async def test_it_takes_one_more(
        self, anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection, link: str
    ) -> None:
        await anna.send(f"/start{link}")
        await anna.click(words.REGISTER)
        await anna.click(words.AGREE)
        assert await sql.fetchval(SIGNED_IN) == 1
        assert await sql.fetchval("select count(*) from promocodeusages") == bool(link)
        assert taps(sandbox) == 2
