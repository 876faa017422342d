"""The payment provider, as jobs come by it."""

from datetime import timedelta

from bot.context import AppContext
from bot.retry import RetryJobError, asked_pause
from bot.yookassa.answers import ProviderUnknownError
from bot.yookassa.client import YooKassa

KEY_LIFETIME = timedelta(hours=23)  # docs/facts.md#idempotence


class NoProviderError(Exception):
    """A payment is open at a provider that the settings no longer name."""


def get_provider(context: AppContext) -> YooKassa:
    if context.provider is None:
        raise NoProviderError("YOOKASSA_SHOP_ID is empty, but payments by it are open")
    return context.provider


def retry_job(error: ProviderUnknownError) -> RetryJobError:
    """The same request once more, after the pause the provider asks for."""
    return RetryJobError(error.reason, asked_pause(error.retry_after) if error.retry_after else None)
