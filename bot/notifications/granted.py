"""Learners hear of what an admin gave or took once it may be taken for settled: what was undone by then, and the slip
before it, they never hear of."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.notifications.events import AccessGranted, AccessReturned, AccessTaken, Event
from bot.notifications.notify import notify, notify_all
from db.access import changes
from db.access.changes import AppliedChange
from db.engine import Pool
from db.jobs import TellGrantJob
from db.tables import Module


async def tell_grant(job: TellGrantJob, context: AppContext) -> None:
    now = context.now()
    async with context.database.transaction(Pool.JOBS) as session:
        change = await changes.mark_told(session, job.change, now)
        if change is None:
            return
        names = await _get_modules(session, {change.module_id})
        event = _given_or_taken(change, names[change.module_id], now)
        if event is not None:
            await notify(session, change.user_id, event)


async def notify_undone(
    session: AsyncSession, undone: Sequence[tuple[int, AppliedChange]], now: datetime
) -> None:
    """Each with the change that it undid, and only where the learner had heard of that."""
    told = await changes.list_told(session, [of for of, _change in undone])
    heard = [change for of, change in undone if of in told]
    names = await _get_modules(session, {change.module_id for change in heard})
    news = []
    for change in heard:
        event = _returned_or_taken(change, names[change.module_id], now)
        if event is not None:
            news.append((change.user_id, event))
    await notify_all(session, news)


def _returned_or_taken(change: AppliedChange, module: str, now: datetime) -> Event | None:
    if change.days > 0 and is_open(change, now):
        return AccessReturned(module=module, module_id=change.module_id, ends_at=change.after)
    return _given_or_taken(change, module, now)


def _given_or_taken(change: AppliedChange, module: str, now: datetime) -> Event | None:
    """Only of what they can notice: days taken from access that had ended anyway are no news."""
    open_now, module_id = is_open(change, now), change.module_id
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


async def _get_modules(session: AsyncSession, ids: set[int]) -> dict[int, str]:
    """Their names."""
    rows = await session.execute(select(Module.id, Module.name).where(Module.id.in_(ids)))
    return {row.id: row.name for row in rows}
