"""Sending what handlers and jobs return: in order, after the commit, patient with Telegram's limits."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from aiogram import Bot, methods
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod

from bot.desk import Desk
from db import chats
from db.engine import Lane
from db.queue import enqueue

log = structlog.get_logger(__name__)

Method = TelegramMethod[Any]
PATIENCE = 3.0  # seconds a reply waits on the spot for Telegram's limit; beyond that a job sends it
TRIES = 3
GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
HARMLESS = ("message is not modified", "query is too old", "query_id_invalid", "message to delete not found")


class Later(Exception):
    """Not sent; may go out after `delay`."""

    def __init__(self, delay: float) -> None:
        super().__init__(delay)
        self.delay = delay


async def send_all(desk: Desk, replies: Sequence[Method]) -> None:
    """In order. What cannot be sent now becomes a job, and so does what follows it."""
    for at, method in enumerate(replies):
        try:
            await send(desk, method)
        except Later as later:
            await _send_by_job(desk, replies[at:], later.delay)
            return


async def send(desk: Desk, method: Method) -> Any:
    """Sends one method; None where it can never be sent. Raises Later."""
    for attempt in range(TRIES):
        try:
            return await desk.bot(method)
        except TelegramRetryAfter as error:
            if error.retry_after > PATIENCE or attempt == TRIES - 1:
                raise Later(error.retry_after) from error
            await asyncio.sleep(error.retry_after)
        except (TelegramNetworkError, TelegramServerError) as error:
            if attempt == TRIES - 1:
                raise Later(PATIENCE) from error
            await asyncio.sleep(0.2 * 2**attempt)
        except TelegramForbiddenError:
            await _mark_blocked(desk, method)
            return None
        except TelegramBadRequest as error:
            return await _after_refusal(desk, method, error)
        except TelegramUnauthorizedError:
            raise
        except TelegramAPIError as error:
            log.error("telegram_refused", method=method.__api_method__, error=str(error))
            return None
        except ClientDecodeError as error:
            # Done, but answered in words we don't know: sent again it would be there twice.
            log.error("telegram_unreadable", method=method.__api_method__, error=str(error))
            return None
    return None


async def _after_refusal(desk: Desk, method: Method, error: TelegramBadRequest) -> Any:
    """A message that can't be edited any more is sent anew; the rest is nobody's loss but ours to know."""
    words = error.message.lower()
    if any(part in words for part in HARMLESS):
        return None
    if isinstance(method, methods.EditMessageText) and any(part in words for part in GONE) and method.chat_id:
        anew = methods.SendMessage(
            chat_id=method.chat_id, text=method.text or "", reply_markup=method.reply_markup
        )
        return await send(desk, anew)
    log.error("telegram_refused", method=method.__api_method__, error=error.message)
    return None


async def _mark_blocked(desk: Desk, method: Method) -> None:
    chat_id = getattr(method, "chat_id", None)
    if isinstance(chat_id, int):
        async with desk.books.transaction(Lane.JOBS) as session:
            await chats.mark_blocked(session, chat_id, desk.now())


async def _send_by_job(desk: Desk, replies: Sequence[Method], delay: float) -> None:
    packed = [pack(desk.bot, method) for method in replies]
    async with desk.books.transaction(Lane.JOBS) as session:
        await enqueue(session, "send", {"methods": packed}, after=timedelta(seconds=delay))


def pack(bot: Bot, method: Method) -> dict[str, Any]:
    """A method as JSON, to be sent by a job."""
    values = method.model_dump(mode="json", exclude_none=True, exclude_defaults=True, warnings=False)
    return {"method": type(method).__name__, "values": values}


def unpack(packed: dict[str, Any]) -> Method:
    kind = getattr(methods, packed["method"])
    method: Method = kind.model_validate(packed["values"])
    return method
