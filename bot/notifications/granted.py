"""Learners hear of what an admin gave or took once it may be taken for settled: what was undone by then, and the slip
before it, they never hear of."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.notifications.events import AccessGranted, AccessReturned, AccessTaken, Event
from bot.notifications.notify import notify
from db.access import changes
from db.access.changes import AppliedChange
from db.engine import Pool
from db.jobs import TellGrantJob


async def tell_grant(job: TellGrantJob, context: AppContext) -> None:
    now = context.now()
    async with context.database.transaction(Pool.JOBS) as session:
        change = await changes.mark_told(session, job.change, now)
        if change is not None and (event := await _given_or_taken(session, change, now)) is not None:
            await notify(session, change.user_id, event)


async def notify_undone(session: AsyncSession, undone: AppliedChange, of: int, now: datetime) -> None:
    """Of the change `of`, where the learner had heard of it."""
    if not await changes.is_told(session, of):
        return
    event = (
        AccessReturned(
            module=await _get_module(session, undone), module_id=undone.module_id, ends_at=undone.after
        )
        if undone.days > 0 and is_open(undone, now)
        else await _given_or_taken(session, undone, now)
    )
    if event is not None:
        await notify(session, undone.user_id, event)


async def _given_or_taken(session: AsyncSession, change: AppliedChange, now: datetime) -> Event | None:
    """Only of what they can notice: days taken from access that had ended anyway are no news."""
    open_now = is_open(change, now)
    module, module_id = await _get_module(session, change), change.module_id
    if change.days > 0 and open_now:
        return AccessGranted(module=module, module_id=module_id, days=change.days, ends_at=change.after)
    if change.days < 0 and (open_now or was_open(change, now)):
        return AccessTaken(
            module=module, module_id=module_id, days=-change.days, ends_at=change.after, is_open=open_now
        )
    return None


def is_open(change: AppliedChange, now: datetime) -> bool:
    return change.after is None or change.after > now


def was_open(change: AppliedChange, now: datetime) -> bool:
    return change.after is None or (change.before is not None and change.before > now)


async def _get_module(session: AsyncSession, change: AppliedChange) -> str:
    name = await session.scalar(text("select name from modules where id = :id"), {"id": change.module_id})
    return str(name)
