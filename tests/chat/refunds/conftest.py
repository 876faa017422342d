"""Who has paid, by link or inside Telegram, in a shop with invoices."""

import asyncpg
import pytest
from pydantic import SecretStr

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from tests.app import origin_of, settings_for
from tests.chat.refunds.steps import ROUBLES
from tests.chat_user import ChatUser


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    return settings_for(origin_of(sandbox), telegram_payment_token=SecretStr("381764678:TEST:1"))


@pytest.fixture
async def bought(anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection) -> str:
    """Anna has bought a month by link, as payment №1; the payment's id. The admin's chat is open."""
    await olga.send("/start")
    await anna.register()
    await anna.order(await sql.fetchval(ROUBLES))
    payment = await anna.pay()
    await anna.receives("✅ ")
    await olga.receives("💰")
    return str(payment["id"])
