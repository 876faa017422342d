"""The alarms of the safety nets themselves: what can't be read, what stays unknown, what keeps failing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.notifications.alert_events import CallbacksTurnedAway, ItemUnreadable, ReconciliationFailed
from bot.notifications.events import AlertEvent
from bot.notifications.notify import raise_alert
from bot.raw_json import Unreadable
from bot.yookassa.answers import ProviderPayment, ProviderRefund
from db import alerts
from db.engine import Pool
from db.payments import callbacks, failing, unread

# Where unread items come from.
YOOKASSA_PAYMENTS, YOOKASSA_REFUNDS, STARS_LEDGER = "YooKassa payments", "YooKassa refunds", "Stars"
OTHERS = "unknown payments"
UNKNOWN_FOR = timedelta(hours=1)
TIMES_RUNNING = 2
MAX_UNKNOWN = 10  # open alarms of one kind: a provider that is away is not told of once per payment


T = TypeVar("T", ProviderPayment, ProviderRefund)


async def readable(
    context: AppContext, source: str, items: AsyncIterator[T | Unreadable]
) -> AsyncIterator[T]:
    """Those that can be read. The others are kept and alarmed about; one kept before that can be read by now is not
    any more."""
    read: list[str] = []
    async for item in items:
        if isinstance(item, Unreadable):
            await keep_unread(context, source, item)
        else:
            read.append(item.id)
            yield item
    if read:
        async with context.database.transaction(Pool.JOBS) as session:
            await close_read(session, context, source, read)


async def keep_unread(context: AppContext, source: str, item: Unreadable) -> None:
    now = context.now()
    async with context.database.transaction(Pool.JOBS) as session:
        await unread.record_unread(session, source, item.id, item.raw, item.reason, now)
        alarm = ItemUnreadable(subject=f"{source} {item.id}", source=source, item=item.id, reason=item.reason)
        await raise_alert(session, context, alarm)


async def close_read(session: AsyncSession, context: AppContext, source: str, ids: list[str]) -> None:
    for subject in await unread.delete_read(session, source, ids):
        await alerts.close_alert(session, ItemUnreadable.name, f"{source} {subject}", context.now())


async def record_unknown(context: AppContext, alarm: AlertEvent) -> None:
    """As `keep_unknown`, in a transaction of its own."""
    async with context.database.transaction(Pool.JOBS) as session:
        await keep_unknown(session, context, alarm)


async def keep_unknown(session: AsyncSession, context: AppContext, alarm: AlertEvent) -> None:
    """The provider did not say once more: an alarm when that lasts."""
    now = context.now()
    run = await failing.record_failure(session, _name(type(alarm), alarm.subject), now)
    if now - run.since < UNKNOWN_FOR or await alerts.count_open(session, alarm.name) >= MAX_UNKNOWN:
        return
    await raise_alert(session, context, alarm)


async def close_unknown(
    session: AsyncSession, context: AppContext, kind: type[AlertEvent], subject: object
) -> None:
    """It is known now."""
    if await failing.clear_failures(session, _name(kind, str(subject))):
        await alerts.close_alert(session, kind.name, str(subject), context.now())


async def watch_callbacks(session: AsyncSession, context: AppContext) -> None:
    """An alarm while callbacks of unknown payments are turned away."""
    waiting = await callbacks.count_others(session)
    if waiting >= callbacks.CEILING:
        await raise_alert(session, context, CallbacksTurnedAway(subject=OTHERS, waiting=waiting))
    else:
        await alerts.close_alert(session, CallbacksTurnedAway.name, OTHERS, context.now())


async def record_part(context: AppContext, part: str, error: str | None) -> None:
    """How a part of reconciliation went: an alarm when it fails twice running, closed when it works."""
    async with context.database.transaction(Pool.JOBS) as session:
        if error is None:
            await close_unknown(session, context, ReconciliationFailed, part)
            return
        name = _name(ReconciliationFailed, part)
        run = await failing.record_failure(session, name, context.now())
        if run.times >= TIMES_RUNNING:
            await raise_alert(session, context, ReconciliationFailed(subject=part, error=error[:200]))


def _name(kind: type[AlertEvent], subject: str) -> str:
    return f"{kind.name}:{subject}"
