"""Sending what handlers and jobs return: in order, after the commit, patient with Telegram's limits."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from aiogram import methods
from aiogram.enums import ChatAction
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import BufferedInputFile, Message, MessageId
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat import Text
from bot.chat.disabled import REFUSED, as_pressed
from bot.chat.fitting import fit, fit_one
from bot.chat.replies import Method as Method
from bot.chat.replies import Redraw
from bot.chat.topics import in_topic, outside_topics
from bot.context import AppContext
from bot.lessons import messages
from bot.packing import pack, type_of
from bot.retry import RetryJobError, asked_pause
from db import chats
from db.alerts import close_invoice_alerts
from db.engine import Pool, is_unavailable
from db.jobs import RefusedJob, SendJob
from db.lessons import media
from db.lessons.screens import record_lesson_ids
from db.queue import enqueue

log = structlog.get_logger(__name__)

MAX_WAIT = 3.0  # seconds a reply waits on the spot for Telegram's limit; beyond that a job sends it
MAX_TRIES = 3
TYPING_AFTER, TYPING_LASTS = 0.7, 4.5  # seconds; Telegram shows it for five
MAX_WRITE_TRIES = 5  # of what is written down about a message, a second between them
# Of the chat, not of what was sent to it: nobody can be told there.
NOT_CONTENT = (
    "chat not found", "user not found", "peer_id_invalid", "deactivated", "can't initiate", "bot was",
)  # fmt: skip
# Methods that send a file.
FILES = {f"Send{kind.title()}" for kind in ("photo", "video", "audio", "voice", "document")} | {
    "EditMessageMedia"
}
GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
NO_TOPIC = ("thread", "topic")  # it was closed or deleted meanwhile
HARMLESS = (
    "message is not modified", "query is too old", "query_id_invalid",
    "message to delete not found", "message can't be deleted",
)  # fmt: skip
WRONG_ID = ("wrong file identifier", "wrong remote file")
# Parts of an error that are of this one message: from the first quotation on, and numbers.
CHANGING = re.compile(r"(?<!\w)[\"'].*|\d+", re.S)
MAX_CODE = 80  # characters


class SendLaterError(Exception):
    """Not sent; may go out after `delay`."""

    def __init__(self, delay: float) -> None:
        super().__init__(delay)
        self.delay = delay


async def send_all(context: AppContext, replies: Sequence[Method]) -> None:
    """In order. What cannot be sent now becomes a job, and so does what follows it."""
    replies = [part for method in replies for part in fit(method)]
    ids: list[int] = []
    for at, method in enumerate(replies):
        try:
            sent = await send(context, method)
        except SendLaterError as later:
            await send_by_job(context, replies[at:], later.delay)
            return
        if isinstance(sent, Message | MessageId):
            ids.append(sent.message_id)
        if isinstance(method, messages.LastPart) and method.count > 1:
            keep = partial(record_lesson_ids, telegram_id=int(method.chat_id), ids=ids[-method.count :])
            await _write_or_log(context, keep, "lesson_ids_lost")


async def send(context: AppContext, method: Method, *, report: bool = True, resend: bool = True) -> Any:
    """Sends one method; None where it can never be sent: then, with `report`, a job tells whom it concerns. With
    `resend`, an edit of a message that is gone is a new message. Raises SendLaterError."""
    method = in_topic(method)
    if not context.disabled_buttons:
        method = as_pressed(method) or method
    for attempt in range(MAX_TRIES):
        try:
            sent = await context.bot(method)
        except TelegramRetryAfter as error:
            if error.retry_after > MAX_WAIT or attempt == MAX_TRIES - 1:
                raise SendLaterError(asked_pause(error.retry_after).total_seconds()) from error
            await asyncio.sleep(error.retry_after)
        except (TelegramBadRequest, TelegramNotFound, TelegramEntityTooLarge) as error:
            return await _after_refusal(context, method, error, report=report, resend=resend)
        except (TelegramNetworkError, TelegramServerError) as error:
            if attempt == MAX_TRIES - 1:
                raise SendLaterError(MAX_WAIT) from error
            await asyncio.sleep(0.2 * 2**attempt)
        except TelegramForbiddenError:
            await _mark_blocked(context, method)
            return None
        except TelegramUnauthorizedError:
            raise
        except TelegramAPIError as error:
            return await _report(context, method, error, report=report)
        except ClientDecodeError as error:
            # Done, but answered in words we don't know: sent again it would be there twice.
            log.error("telegram_unreadable", method=method.__api_method__, error=error)
            return None
        else:
            if isinstance(method, methods.SendInvoice):
                await _close_refusals(context, method.payload)
            if isinstance(sent, Message) and (file := messages.sent_file(method, sent)) is not None:
                keep = partial(media.record_file_id, bot_id=context.bot.id, file=file)
                await _write_or_log(context, keep, "file_id_lost")
            return sent
    return None


async def send_in_job(
    context: AppContext, method: Method, *, report: bool = True, resend: bool = True
) -> Any:
    """As `send`, but what can't be sent now lets the job run again: raises RetryJobError."""
    try:
        return await send(context, fit_one(method), report=report, resend=resend)
    except SendLaterError as later:
        raise RetryJobError("not sent", timedelta(seconds=later.delay)) from later


async def send_document(
    context: AppContext, telegram_id: int, name: str, content: bytes, caption: Text
) -> None:
    """In a job, as `send_in_job`."""
    document = BufferedInputFile(content, name)
    method = methods.SendDocument(chat_id=telegram_id, document=document, caption=str(caption))
    await send_in_job(context, method)


@asynccontextmanager
async def shown_as_typing(context: AppContext, chat_id: int) -> AsyncIterator[None]:
    """The chat sees "typing" while what is done here takes longer than a moment. aiogram's ChatActionSender would wait
    for a slow Telegram in the end, and leave its errors unread."""

    async def show() -> None:
        await asyncio.sleep(TYPING_AFTER)
        while True:
            with suppress(TelegramAPIError, ClientDecodeError):
                await context.bot(in_topic(methods.SendChatAction(chat_id=chat_id, action=ChatAction.TYPING)))
            await asyncio.sleep(TYPING_LASTS)

    showing = asyncio.create_task(show())
    try:
        yield
    finally:
        showing.cancel()


async def _after_refusal(
    context: AppContext, method: Method, error: TelegramAPIError, *, report: bool, resend: bool
) -> Any:
    """A message that can't be edited any more is sent anew; the rest is told by a job."""
    words = error.message.lower()
    if any(part in words for part in HARMLESS) or _need_not_be_there(method, words):
        return None
    if REFUSED in words and (pressed := as_pressed(method)) is not None:
        context.disabled_buttons = False
        return await send(context, pressed, report=report, resend=resend)
    if getattr(method, "message_thread_id", None) and any(part in words for part in NO_TOPIC):
        with outside_topics():
            return await send(context, method.model_copy(update={"message_thread_id": None}), report=report)
    gone = any(part in words for part in GONE)
    if gone and (isinstance(method, methods.EditMessageReplyMarkup) or not resend):
        return None
    if gone and (anew := messages.as_new(method)) is not None:
        return await send(context, anew, report=report)
    if any(part in words for part in WRONG_ID) and (again := await _by_address(context, method)):
        return await send(context, again, report=report)
    if (instead := messages.instead_of(method)) and not is_of_chat(error):
        return await _send_instead(context, method, error, instead)
    return await _report(context, method, error, report=report)


async def _send_instead(
    context: AppContext, method: Method, error: TelegramAPIError, instead: list[Method]
) -> None:
    """A lesson that can't be shown as it was meant is shown otherwise; a rich message is not tried again."""
    if not context.rich.learn(method, error.message):
        await _report(context, method, error, report=True)
    await send_all(context, instead)


async def _by_address(context: AppContext, method: Method) -> Method | None:
    """A file whose remembered id Telegram no longer knows is sent by its address once more."""
    if (file := messages.named_file(method)) is None:
        return None
    found: list[str] = []

    async def forget(session: AsyncSession) -> None:
        found.extend(await media.forget_file_id(session, context.bot.id, *file))

    await _write_or_log(context, forget, "file_id_kept")
    return messages.with_file(method, found[0]) if found else None


def _need_not_be_there(method: Method, words: str) -> bool:
    """Keys are taken from a message, or it is drawn anew, only as long as it is there."""
    if not isinstance(method, Redraw | methods.EditMessageReplyMarkup):
        return False
    return any(part in words for part in GONE)


async def _report(context: AppContext, method: Method, error: TelegramAPIError, *, report: bool) -> None:
    """A method refused for its content is never only a line of the log."""
    log.error("telegram_refused", method=method.__api_method__, code=code_of(error.message))
    if is_of_chat(error):
        return await _mark_blocked(context, method)
    if not report:
        return None
    name = "Redraw" if isinstance(method, Redraw) else type_of(method)
    payload = method.payload if isinstance(method, methods.SendInvoice) else ""
    _kind, about = messages.named_file(method) or ("", payload)
    has_other = isinstance(method, messages.RichLesson | messages.RichLessonEdit)
    chat_id = None if has_other else getattr(method, "chat_id", None)
    job = RefusedJob(
        method=name,
        telegram_id=chat_id if isinstance(chat_id, int) and chat_id > 0 else None,
        about=about,
        error=error.message,
    )

    async def put(session: AsyncSession) -> None:
        await enqueue(session, job)

    return await _write_or_log(context, put, "refusal_not_told", method=name)


def is_of_chat(error: TelegramAPIError) -> bool:
    return any(part in error.message.lower() for part in NOT_CONTENT)


def code_of(error: str) -> str:
    """The same for the same cause, whoever it was for, and without what it quotes."""
    return CHANGING.sub("…", error.removeprefix("Bad Request: "))[:MAX_CODE]


async def _close_refusals(context: AppContext, payload: str) -> None:
    close = partial(close_invoice_alerts, key=payload, now=context.now())
    await _write_or_log(context, close, "alarm_not_closed")


async def _mark_blocked(context: AppContext, method: Method) -> None:
    chat_id = getattr(method, "chat_id", None)
    if not isinstance(chat_id, int):
        return
    mark = partial(chats.mark_blocked, telegram_id=chat_id, now=context.now())
    await _write_or_log(context, mark, "chat_not_marked_blocked", chat=chat_id)


async def send_by_job(context: AppContext, replies: Sequence[Method], delay: float) -> None:
    packed = [pack(method) for method in replies]

    async def put_off(session: AsyncSession) -> None:
        await enqueue(session, SendJob(methods=packed, at=context.now()), after=timedelta(seconds=delay))

    await _write_or_log(context, put_off, "replies_lost", count=len(replies))


async def _write_or_log(
    context: AppContext, write: Callable[[AsyncSession], Awaitable[None]], otherwise: str, **about: object
) -> None:
    """What the database can't take is logged under the name of `otherwise`: the message's cause is committed, and
    nothing of it may fail because of this."""
    for attempt in range(MAX_WRITE_TRIES):
        try:
            async with context.database.transaction(Pool.JOBS) as session:
                return await write(session)
        except Exception as error:
            if not is_unavailable(error) or attempt == MAX_WRITE_TRIES - 1:
                log.exception(otherwise, **about)
                return None
            await asyncio.sleep(1)
    return None
