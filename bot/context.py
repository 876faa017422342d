"""What every edge and every job works with: made once, in the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiogram import Bot

from bot.settings import Settings
from bot.texts import Localizer
from bot.timings import Timings
from bot.yookassa.client import YooKassa
from db.engine import Database


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class AppContext:
    """`provider` is None where paying by YooKassa link is not offered; `username` is empty until Telegram
    has said it."""

    settings: Settings
    database: Database
    bot: Bot
    localizer: Localizer
    provider: YooKassa | None
    timings: Timings
    username: str = ""
    now: Callable[[], datetime] = utc_now
