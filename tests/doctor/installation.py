"""What the doctor looks at: settings, a sandbox, a database; and what it found."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from pydantic import SecretStr

from bot.doctor import Finding, Severity, examine
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from bot.settings import FixedSettings, Settings, SettingsError

TOKEN = "7777777777:doctor-of-the-tests"
ADMIN = 7000000003
NOWHERE = "http://127.0.0.1:9"


class Installation:
    """A sandbox, a database, and settings that fit them."""

    def __init__(self, sandbox: Sandbox, origin: str, dsn: str) -> None:
        self.sandbox = sandbox
        self.origin = origin
        self.dsn = dsn

    def settings(self, **changed: Any) -> Settings:
        given: dict[str, Any] = {
            "bot_token": SecretStr(TOKEN),
            "telegram_api_url": self.origin,
            "database_url": self.dsn,
            "admin_ids": (ADMIN,),
            "yookassa_shop_id": DEMO_SHOP_ID,
            "yookassa_secret_key": SecretStr(DEMO_SECRET_KEY),
            "yookassa_api_url": f"{self.origin}/v3",
            "support_contact": "@support",
            "terms_url": "https://example.com/terms",
            "privacy_url": "https://example.com/privacy",
        }
        return FixedSettings(**(given | changed))

    async def findings(self, **changed: Any) -> list[Finding]:
        return await examined(self.settings(**changed))

    def shop(self, **changes: Any) -> None:
        provider = self.sandbox.yookassa.provider
        provider.change_settings(provider.demo, changes)

    async def greet(self) -> None:
        """The admin writes to the bot, which may write to them from then on."""
        url = f"{self.origin}/sandbox/chats/{ADMIN}/messages?bot={TOKEN.partition(':')[0]}"
        async with aiohttp.ClientSession() as client, client.post(url, json={"text": "hello"}) as answer:
            assert answer.status == 200

    def bot(self) -> Bot:
        return Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(self.origin)))


@asynccontextmanager
async def given(settings: Settings) -> AsyncIterator[tuple[str, str]]:
    assert settings.dsn is not None
    yield settings.dsn, settings.direct_dsn or settings.dsn


async def examined(settings: Settings | SettingsError) -> list[Finding]:
    return [finding async for finding in examine(settings, given)]


def problems(findings: list[Finding]) -> list[str]:
    return [str(one) for one in findings if one.severity is Severity.PROBLEM]


def advice(findings: list[Finding]) -> list[str]:
    return [str(one) for one in findings if one.severity is Severity.ADVICE]
