"""A shop with all ways to pay, in which nothing is asked for by itself."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.timings import Timings
from tests.app import QUICK, origin_of, settings_for
from tests.chat.payments.orders.screens import NEVER


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    return settings_for(origin_of(sandbox), telegram_payment_token=SecretStr("381764678:TEST:1"))


@pytest.fixture
def timings() -> Timings:
    """Nobody asks for a payment but who is told to."""
    return replace(QUICK, asks=NEVER)
