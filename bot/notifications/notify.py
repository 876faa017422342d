"""Events are stored in the transaction that makes them true; a job delivers them after its commit."""

import secrets
from collections.abc import Iterable
from dataclasses import replace

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.notifications.events import AlertEvent, Event, PaymentLookedInto
from bot.notifications.registry import VERSION, to_facts
from db.accounts.people import get_account_summary
from db.alerts import create_alert, find_person
from db.jobs import TellJob
from db.queue import enqueue_all

log = structlog.get_logger(__name__)


async def notify(session: AsyncSession, user_id: int, event: Event) -> None:
    """In every chat of an account; news of money and access by mail where none of them can be reached."""
    await notify_all(session, [(user_id, event)])


async def notify_all(session: AsyncSession, news: Iterable[tuple[int, Event]]) -> None:
    """As `notify`: an account and its event, each."""
    jobs = [
        TellJob(
            user_id=user_id,
            news=event.name,
            facts=to_facts(event),
            version=VERSION,
            occasion=secrets.token_hex(8),
        )
        for user_id, event in news
    ]
    await enqueue_all(session, jobs)


async def notify_chats(session: AsyncSession, chats: Iterable[int], event: Event) -> None:
    """In these private chats, by Telegram id; the admins' for one."""
    facts = to_facts(event)
    each = [
        TellJob(telegram_id=telegram_id, news=event.name, facts=facts, version=VERSION)
        for telegram_id in chats
    ]
    await enqueue_all(session, each)


async def notify_looked_into(
    session: AsyncSession, context: AppContext, telegram_id: int, amount: int, currency: str
) -> None:
    """Tells the payer that the school looks into a payment that opened no access. `amount` in the smallest unit."""
    support = context.settings.support_contact
    event = PaymentLookedInto(amount=amount, currency=currency, support=support)
    await notify_chats(session, [telegram_id], event)


async def raise_alert(session: AsyncSession, context: AppContext, event: AlertEvent) -> bool:
    """On /admin until it is solved, and in the admins' chats at once. Returns whether it is new: an alert that is
    open, or was dismissed with the same facts, is not raised again."""
    facts = to_facts(event)
    del facts["subject"]
    if not await create_alert(session, event.name, event.subject, facts, context.now()):
        return False
    log.error(event.name, subject=event.subject, **facts)
    user_id = await find_person(session, event.name, event.subject, facts)
    if user_id is not None:
        who = await get_account_summary(session, user_id)
        event = replace(event, user_id=who.id, payer=who.name, email=who.email, username=who.username)
    await notify_chats(session, context.settings.admin_ids, event)
    return True
