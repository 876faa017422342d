"""Running a link's job by hand."""

from collections.abc import Awaitable
from datetime import datetime, timedelta

import pytest

from bot.clock import utc_now
from bot.payments.links import create_payment
from bot.retry import RetryJobError
from bot.sandbox.app import Sandbox
from bot.timings import seconds
from db.jobs import CreatePaymentJob
from handlers.app import Application
from tests.chat.refunds.steps import at_provider
from tests.chat_user import ChatUser

FIRST, LATER = seconds(36_000, 72_000)  # until an open payment is asked for
LONG = timedelta(seconds=5)  # until a payer hears that the link takes longer
NOW = utc_now().replace(microsecond=0)
SECOND = timedelta(seconds=1)


def at(app: Application, moment: datetime) -> None:
    app.context.now = lambda: moment


async def in_vain(job: CreatePaymentJob, app: Application) -> None:
    """It is to run again."""
    with pytest.raises(RetryJobError):
        await create_payment(job, app.context)


async def methods(doing: Awaitable[None], sandbox: Sandbox) -> list[str]:
    """What Telegram is asked for meanwhile."""
    count = len(sandbox.telegram.context.calls)
    await doing
    return [call["method"] for call in list(sandbox.telegram.context.calls)[count:]]


async def refuses(person: ChatUser, value: bool) -> None:
    await at_provider(person, "/yookassa", {"receipts_required": value}, "PUT")
