"""The job that sends a row of the outbox to a chat: its turn, then claimed, worded as things are now, sent, noted.

What Telegram may have got is never sent again: an answer that did not come leaves it unknown. Only what Telegram has
refused for now, or was never reached with, is tried again.
"""

import asyncio
from datetime import timedelta

import structlog
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import SendMessage
from aiohttp import ClientConnectorError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import metrics
from bot.context import AppContext
from bot.notifications.alert_events import MailUnknown, MessageRefused
from bot.notifications.notify import raise_alert
from bot.packing import type_of
from bot.reminders.wording import word
from bot.retry import RetryJobError, asked_pause, backoff
from bot.sender import code_of, is_of_chat
from db import chats, outbox
from db.engine import Pool
from db.jobs import SendMessageJob
from db.outbox import State
from db.reminders.chats import list_reach
from db.reminders.due import get_due
from db.reminders.hours import DAY_BEGINS, is_night, next_moment
from db.reminders.people import get_zone
from db.tables import OutboxMessage

log = structlog.get_logger(__name__)


async def send_message(job: SendMessageJob, context: AppContext) -> None:
    """Raises RetryJobError where it is to be tried again."""
    await _wait_for_turn(context)
    async with context.database.transaction(Pool.JOBS) as session:
        row = await outbox.claim(session, job.outbox, context.now())
        if row is None:
            return
        if row.state != State.SENDING:
            await _note_over(session, context, row)
            return
        method, pause = await _prepare(session, row, context)
    if pause is not None:
        raise RetryJobError("not yet", pause)
    if method is not None:
        await _send(context, row, method)


async def _wait_for_turn(context: AppContext) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        wait = await outbox.take_turn(session, context.timings.pace)
    if wait > 0:
        await asyncio.sleep(wait)


async def _prepare(
    session: AsyncSession, row: OutboxMessage, context: AppContext
) -> tuple[SendMessage | None, timedelta | None]:
    """What to send; or for how long to wait; or neither, where it is not so any more."""
    now = context.now()
    assert row.user_id is not None
    if now < row.due_at:  # the queue goes by the database's clock, and this one may have been set back
        await outbox.release(session, row.id, "early", row.due_at)
        return None, row.due_at - now
    zone = await get_zone(session, row.user_id, context.settings.zone)
    if is_night(now, zone):
        morning = next_moment(DAY_BEGINS, zone, now)
        await outbox.release(session, row.id, "night", morning)
        return None, morning - now
    reach = (await list_reach(session, [row.user_id], now)).get(row.user_id)
    due = await get_due(session, row.user_id, row.kind, row.occasion, now)
    if reach is None or due is None:
        await outbox.mark_dropped(session, row.id, "nobody there" if reach is None else "not so any more")
        metrics.count_message(State.DROPPED)
        return None, None
    with context.localizer.use_language_of(reach.language, reach.telegram_language):
        worded = await word(session, due, context)
    await chats.record_order(session, reach.telegram_id, None)
    return SendMessage(chat_id=reach.telegram_id, text=worded.text, reply_markup=worded.keyboard), None


async def _send(context: AppContext, row: OutboxMessage, method: SendMessage) -> None:
    try:
        await context.bot(method)
    except TelegramForbiddenError:
        async with context.database.transaction(Pool.JOBS) as session:
            await chats.mark_blocked(session, int(method.chat_id), context.now())
            await outbox.mark_failed(session, row.id, "blocked")
        metrics.count_message(State.FAILED)
    except TelegramRetryAfter as error:
        await _release(context, row, "too many", asked_pause(error.retry_after))
    except TelegramServerError:
        await _release(context, row, "server")
    except (TelegramNetworkError, ClientDecodeError) as error:
        if isinstance(error.__cause__, ClientConnectorError):
            await _release(context, row, "connect")
        await _note_unknown(context, row)
    except TelegramAPIError as error:
        await _note_refused(context, row, method, error)
    else:
        async with context.database.transaction(Pool.JOBS) as session:
            await outbox.mark_sent(session, row.id, context.now())
        metrics.count_message(State.SENT)


async def _note_refused(
    context: AppContext, row: OutboxMessage, method: SendMessage, error: TelegramAPIError
) -> None:
    """For its content: an alarm per cause; whoever was to be reminded has not asked for anything. Else there is nobody
    in that chat."""
    code = code_of(error.message)
    async with context.database.transaction(Pool.JOBS) as session:
        if is_of_chat(error):
            await chats.mark_blocked(session, int(method.chat_id), context.now())
        else:
            alarm = MessageRefused(subject=f"{type_of(method)} {code}", code=code)
            await raise_alert(session, context, alarm)
        await outbox.mark_failed(session, row.id, code)
    metrics.count_message(State.FAILED)


async def _release(
    context: AppContext, row: OutboxMessage, error: str, pause: timedelta | None = None
) -> None:
    """Raises RetryJobError."""
    timings = context.timings
    pause = pause or backoff(timings.mail_retry, row.tries - 1, timings.mail_retry_most)
    async with context.database.transaction(Pool.JOBS) as session:
        await outbox.release(session, row.id, error, context.now() + pause)
    raise RetryJobError(error, pause)


async def _note_unknown(context: AppContext, row: OutboxMessage) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        await outbox.mark_unknown(session, row.id, "silence")
        row.state = State.UNKNOWN
        await _note_over(session, context, row)


async def _note_over(session: AsyncSession, context: AppContext, row: OutboxMessage) -> None:
    """It won't be sent any more; admins hear of what may have been sent."""
    metrics.count_message(row.state)
    if row.state == State.UNKNOWN:
        await raise_alert(session, context, MailUnknown(subject=row.kind))
