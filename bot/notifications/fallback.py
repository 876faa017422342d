"""News of money and access by mail, where Telegram does not deliver them: no chat of the account can be reached, or
Telegram can't be for an hour. Once, to a proven address, unless its owner wants none."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.notifications import events
from bot.notifications.events import Event
from db import chats, mail, outbox
from db.account_ids import get_current_id
from db.engine import Pool
from db.jobs import TellJob
from db.outbox import Channel, Outgoing

MAILED: frozenset[type[Event]] = frozenset(
    (events.PurchaseSucceeded, events.RefundDone, events.AccessGranted, events.AccessTaken)
)
PATIENCE = timedelta(hours=1)  # with a Telegram that can't be reached
WORTH = timedelta(days=3)  # so long news are worth a letter


def goes_by_mail(job: TellJob, event: Event, context: AppContext) -> bool:
    return context.settings.sends_mail and type(event) in MAILED and bool(job.occasion)


async def after_sending(job: TellJob, event: Event, context: AppContext) -> None:
    """Telegram has answered: a letter where no chat can be reached; none any more where this one was."""
    if not goes_by_mail(job, event, context):
        return
    async with context.database.transaction(Pool.JOBS) as session:
        if (user_id := await _account(session, job)) is None:
            return
        anywhere, here = await mail.is_reachable(session, user_id, job.telegram_id)
        if not anywhere:
            await _put(session, context, job, user_id, timedelta())
        elif here:
            await outbox.drop_waiting(session, user_id, Channel.MAIL, job.news, job.occasion, "delivered")


async def while_silent(job: TellJob, event: Event, context: AppContext) -> None:
    """Telegram can't be reached: a letter in an hour, unless it can be until then."""
    if not goes_by_mail(job, event, context):
        return
    async with context.database.transaction(Pool.JOBS) as session:
        if (user_id := await _account(session, job)) is not None:
            await _put(session, context, job, user_id, PATIENCE)


async def _account(session: AsyncSession, job: TellJob) -> int | None:
    """The account may have been merged since."""
    user_id = job.user_id or job.account
    return None if user_id is None else await get_current_id(session, user_id)


async def _put(
    session: AsyncSession, context: AppContext, job: TellJob, user_id: int, after: timedelta
) -> None:
    address = await mail.get_news_address(session, user_id)
    if address is None:
        return
    now = context.now()
    reached = await chats.list_reachable(session, user_id)
    chosen, telegram = reached[0][1:] if reached else (None, None)
    letter = Outgoing(
        channel=Channel.MAIL,
        recipient=address,
        kind=job.news,
        occasion=job.occasion,
        language=context.localizer.language(chosen, telegram),
        payload={"facts": job.facts, "version": job.version},
        due_at=now + after,
        expires_at=now + after + WORTH,
        user_id=user_id,
    )
    await outbox.put(session, letter, now)


def for_chat(job: TellJob, telegram_id: int) -> TellJob:
    """The same news for one chat of the account."""
    return replace(job, user_id=None, telegram_id=telegram_id, account=job.user_id)
