"""News wait: for a worker, for Telegram. When they are delivered they are held against what is so by then, so that the
last thing somebody reads is true."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.notifications.events import (
    AccessEvent,
    AccessTaken,
    AlertEvent,
    Event,
    InvoiceNotSent,
    LinkExpired,
    PurchaseCanceled,
    PurchaseSucceeded,
    RefundDone,
    RoleChanged,
)
from bot.notifications.paid import find_paid_news
from db import alerts, roles
from db.access.changes import AccessPeriod, get_access
from db.payments.purchases import PurchaseStatus, get_state
from db.payments.timeline import get_timeline

UNPAID = (PurchaseCanceled, LinkExpired, InvoiceNotSent)  # they say that no money was charged
PAID = (PurchaseStatus.SUCCEEDED, PurchaseStatus.REFUNDED)


async def as_of_now(
    session: AsyncSession, event: Event, user_id: int | None, telegram_id: int | None, now: datetime
) -> Event | None:
    """None where it is not so any more; what is so has news of its own. `user_id`, `telegram_id`: the account or the
    chat that is told, where it is known."""
    match event:
        case PurchaseCanceled() | LinkExpired() | InvoiceNotSent():
            return None if await _get_status(session, event.purchase_id) in PAID else event
        case PurchaseSucceeded():
            if await _get_status(session, event.purchase_id) == PurchaseStatus.REFUNDED:
                return None
            return await _opened(session, event, user_id, now)
        case AccessTaken() | RefundDone():
            return await _closed(session, event, user_id, now)
        case AccessEvent():
            return await _opened(session, event, user_id, now)
        case RoleChanged():
            known = telegram_id is None or await roles.get_role(session, telegram_id) == event.role
            return event if known else None
        case AlertEvent():
            return None if await alerts.is_solved(session, event.name, event.subject) else event
    return event


async def _get_status(session: AsyncSession, purchase_id: int | None) -> str | None:
    state = None if purchase_id is None else await get_state(session, purchase_id)
    return state[0] if state else None


async def _opened(
    session: AsyncSession, event: PurchaseSucceeded | AccessEvent, user_id: int | None, now: datetime
) -> Event | None:
    """It never says more than there is. Days that came later have news of their own; a payment is told in any case."""
    access = await _get_access(session, user_id, event.module_id)
    if access is None or access.ends_at is None:
        return event
    if access.ends_at <= now and not isinstance(event, PurchaseSucceeded):
        return None
    ends_at = access.ends_at if event.ends_at is None else min(event.ends_at, access.ends_at)
    return replace(event, ends_at=ends_at)


async def _closed(
    session: AsyncSession, event: AccessTaken | RefundDone, user_id: int | None, now: datetime
) -> Event:
    """What is left may have been added to since."""
    access = await _get_access(session, user_id, event.module_id)
    if access is None:
        return event
    return replace(event, ends_at=access.ends_at, is_open=access.ends_at is None or access.ends_at > now)


async def _get_access(
    session: AsyncSession, user_id: int | None, module_id: int | None
) -> AccessPeriod | None:
    if user_id is None or module_id is None:
        return None
    return await get_access(session, user_id, module_id)


async def paid_meanwhile(session: AsyncSession, event: Event, now: datetime) -> PurchaseSucceeded | None:
    """The news of a payment that succeeded while it was told that it had not. None where it has not."""
    if not isinstance(event, UNPAID) or event.purchase_id is None:
        return None
    state = await get_state(session, event.purchase_id)
    if state is None:
        return None
    found = await get_timeline(session, event.purchase_id, state[1])
    return await find_paid_news(session, state[1], found, now)
