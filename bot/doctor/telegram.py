"""Telegram: the token, where updates are delivered, and whether the bot may write to the admins."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramNotFound, TelegramUnauthorizedError
from aiogram.types import WebhookInfo

from bot.doctor.finding import Area, Finding
from bot.masking import TOKEN
from bot.settings import Settings
from bot.telegram import open_session
from bot.updates.reading import KINDS

AREA = Area("Telegram")
TIMEOUT = 10  # seconds
MANY_UPDATES = 100  # updates waiting
RECENT = timedelta(hours=1)


async def check(settings: Settings) -> AsyncIterator[Finding]:
    if settings.bot_token is None:
        yield AREA.problem("BOT_TOKEN is missing", "ask @BotFather for one (/newbot)")
        return
    async with open_bot(settings) as bot:
        try:
            me = await bot.get_me(request_timeout=TIMEOUT)
        except (TelegramUnauthorizedError, TelegramNotFound):
            yield AREA.problem(
                "Telegram does not know BOT_TOKEN", "take the token from @BotFather anew (/token)"
            )
            return
        except TelegramAPIError as error:
            yield AREA.problem(
                f"no answer: {TOKEN.sub('<token>', error.message)}",
                f"check the way to {settings.telegram_api_url}"
                + (" and TELEGRAM_PROXY" if settings.telegram_proxy else ""),
            )
            return
        yield AREA.ok(f"the token is that of @{me.username}")
        async for finding in _check_updates(settings, bot):
            yield finding
        async for finding in _check_admins(settings, bot):
            yield finding


def open_bot(settings: Settings) -> Bot:
    assert settings.bot_token is not None
    return Bot(settings.bot_token.get_secret_value(), session=open_session(settings))


async def _check_updates(settings: Settings, bot: Bot) -> AsyncIterator[Finding]:
    info = await bot.get_webhook_info(request_timeout=TIMEOUT)
    yield (
        _polling(info)
        if settings.public_url is None
        else _webhook(info, f"{settings.public_url}/telegram/webhook")
    )
    if info.pending_update_count >= MANY_UPDATES:
        yield AREA.advice(
            f"{info.pending_update_count} updates wait to be handled", "is the bot running? see its log"
        )
    if settings.public_url is not None and info.url:
        for finding in _delivery_problems(info):
            yield finding


def _polling(info: WebhookInfo) -> Finding:
    if not info.url:
        return AREA.ok(f"polling; {info.pending_update_count} updates wait")
    return AREA.problem(
        f"updates go to a webhook, {info.url}, while PUBLIC_URL is empty (polling)",
        "stop the program behind it if it is not this one; `python main.py run` takes the webhook away",
    )


def _webhook(info: WebhookInfo, ours: str) -> Finding:
    if info.url == ours:
        return AREA.ok(f"updates come to {ours}; {info.pending_update_count} wait")
    if not info.url:
        return AREA.ok(f"no webhook yet: `python main.py run` sets {ours}")
    return AREA.problem(
        f"updates go to another address: {info.url}, not {ours}",
        "stop the program behind it if it is not this one; `python main.py run` sets ours",
    )


def _delivery_problems(info: WebhookInfo) -> list[Finding]:
    """Problems of delivery to the webhook. Telegram keeps the last error after it is over: an old one is advice."""
    found = []
    if info.allowed_updates is not None and (
        missing := [kind for kind in KINDS if kind not in info.allowed_updates]
    ):
        found.append(
            AREA.problem(
                f"these updates are not delivered: {', '.join(missing)}", "restart the bot: it asks for them"
            )
        )
    if info.last_error_message:
        at = info.last_error_date
        said = f"the last delivery failed {f'at {at:%Y-%m-%d %H:%M} UTC' if at else ''}: {info.last_error_message}"
        remedy = "see that PUBLIC_URL leads to HTTP_HOST:HTTP_PORT of the running bot"
        lasting = info.pending_update_count > 0 and at is not None and datetime.now(UTC) - at < RECENT
        found.append(AREA.problem(said, remedy) if lasting else AREA.advice(said, remedy))
    return found


async def _check_admins(settings: Settings, bot: Bot) -> AsyncIterator[Finding]:
    area = Area("admins")
    if not settings.admin_ids:
        yield area.advice(
            "ADMIN_IDS is empty: nobody can grant access or is told of money",
            "put your own Telegram id there",
        )
        return
    silent = [admin for admin in settings.admin_ids if not await _can_write_to(bot, admin)]
    for admin in silent:
        yield area.advice(f"{admin} can't be written to", "let that person open the bot and press Start")
    if not silent:
        yield area.ok(f"{len(settings.admin_ids)}, all of them can be written to")


async def _can_write_to(bot: Bot, admin: int) -> bool:
    """A bot may write only to whoever wrote to it first."""
    try:
        await bot.get_chat(admin, request_timeout=TIMEOUT)
    except TelegramAPIError:
        return False
    return True
