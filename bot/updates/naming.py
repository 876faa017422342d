"""What names somebody by @username, carried out once Telegram has confirmed whose name it is."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramRetryAfter,
)
from aiogram.methods import SendMessage
from aiogram.types import ChatFullInfo

from bot.context import AppContext
from bot.sender import send_all, shown_as_typing
from bot.texts.accounts import people as words
from bot.updates.answering import complete
from bot.updates.process import UpdateProcessor
from bot.updates.reading import read
from db import chats
from db.conversations import get_question
from db.engine import Pool
from db.jobs import ConfirmNameJob

log = structlog.get_logger(__name__)

TRIES = 4
PAUSE = 0.5  # seconds before the second try; each further one waits twice as long
MAX_PAUSE = 10.0
ASK_TIMEOUT = 10  # seconds


def confirming(processor: UpdateProcessor) -> Callable[[ConfirmNameJob, AppContext], Awaitable[None]]:
    """The job `confirm_name`. Run twice it acts once: the command has a number of its own, the update's negated."""

    async def confirm_name(job: ConfirmNameJob, context: AppContext) -> None:
        raw = {"update_id": -job.update_id, "message": job.message}
        async with shown_as_typing(context, job.message["chat"]["id"]):
            chat = await _ask(context, job.telegram_id)
        if chat is None or job.username.lower() not in _names(chat):
            await _tell(context, raw, job.username, chat)
        elif await _is_asked(job, context):
            await processor.retry(raw, Pool.JOBS)

    return confirm_name


async def _is_asked(job: ConfirmNameJob, context: AppContext) -> bool:
    """Whether the question that the message answers is still open."""
    if job.question is None:
        return True
    async with context.database.transaction(Pool.JOBS) as session:
        return job.question == list(await get_question(session, job.message["chat"]["id"]))


async def _ask(context: AppContext, telegram_id: int) -> ChatFullInfo | None:
    """None where Telegram doesn't know the chat, or doesn't answer for some seconds."""
    for attempt in range(TRIES):
        pause = PAUSE * 2**attempt
        try:
            return await context.bot.get_chat(telegram_id, request_timeout=ASK_TIMEOUT)
        except (TelegramBadRequest, TelegramForbiddenError):
            return None
        except TelegramRetryAfter as error:
            pause = min(float(error.retry_after), MAX_PAUSE)
        except (TelegramAPIError, ClientDecodeError) as error:
            log.warning("name_not_asked", error=error)
        await asyncio.sleep(pause)
    return None


def _names(chat: ChatFullInfo) -> set[str]:
    return {name.lower() for name in (chat.username, *(chat.active_usernames or ())) if name}


async def _tell(context: AppContext, raw: dict[str, Any], username: str, chat: ChatFullInfo | None) -> None:
    """The admin, that nothing was done."""
    incoming = read(raw, context.bot)
    if incoming is None or incoming.user is None:
        return
    async with context.database.transaction(Pool.JOBS) as session:
        chosen, _telegrams = await chats.get_language(session, incoming.user.id)
    with context.localizer.use_language_of(chosen, incoming.user.language_code):
        text = words.not_confirmed(username) if chat is None else words.renamed(username, chat.username)
    await send_all(context, complete(incoming.update, [SendMessage(chat_id=incoming.user.id, text=text)]))
