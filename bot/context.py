"""What every edge and every job works with: made once, in the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiogram import Bot

from bot.settings import Settings
from bot.texts import Voice
from bot.timings import Pace
from bot.yookassa.client import YooKassa
from db.engine import Books


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Desk:
    """`provider` is None where paying by YooKassa link is not offered; `username` is empty until Telegram
    has said it."""

    settings: Settings
    books: Books
    bot: Bot
    voice: Voice
    provider: YooKassa | None
    pace: Pace
    username: str = ""
    now: Callable[[], datetime] = utc_now
