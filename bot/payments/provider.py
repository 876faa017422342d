"""The payment provider, as jobs come by it."""

from datetime import timedelta

from bot.context import Desk
from bot.jobs.retry import RunAgain
from bot.yookassa.answers import ProviderUnknown
from bot.yookassa.client import YooKassa

KEY_LIVES = timedelta(hours=23)  # facts A1: after 24 h the same key is a new operation


class NoProvider(Exception):
    """A payment is open at a provider that the settings no longer name."""


def provider_of(desk: Desk) -> YooKassa:
    if desk.provider is None:
        raise NoProvider("YOOKASSA_SHOP_ID is empty, but payments by it are open")
    return desk.provider


def again(error: ProviderUnknown) -> RunAgain:
    """The same request once more, after the pause the provider asks for."""
    return RunAgain(error.reason, timedelta(seconds=error.retry_after) if error.retry_after else None)
