"""Every hour: whose own hour comes until the next one, and what they are to be reminded of then. One row of the outbox
per person, kind and occasion, a thousand people at a time in a transaction of their own."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from db import mail, outbox
from db.engine import Pool
from db.jobs import RemindJob
from db.lessons.unlocking import record_seen_access
from db.outbox import Channel, Outgoing
from db.reminders import people
from db.reminders.chats import Reach, list_reach
from db.reminders.due import Group, Reminder, choose, list_due
from db.reminders.people import DuePerson

AHEAD = timedelta(hours=1)
WORTH = timedelta(hours=20)  # after their hour a reminder is worth nothing any more


async def remind(_job: RemindJob, context: AppContext) -> None:
    """Killed in the middle, the rest are still due; two at once have different people."""
    until = context.now() + AHEAD
    while True:
        async with context.database.transaction(Pool.JOBS) as session:
            taken, due = await people.take_due(session, until, context.now(), context.settings.zone)
            await _plan(session, context, due)
        if taken < people.BATCH:
            return


async def _plan(session: AsyncSession, context: AppContext, due: list[DuePerson]) -> None:
    """As it will be at their hour, if nothing changes; it is computed once more then."""
    if not due:
        return
    now = context.now()
    moments = {one.user_id: max(one.at, now) for one in due}
    await record_seen_access(session, list(moments), now)
    found = choose(await list_due(session, moments))
    of_access = {one.user_id for one in found if one.group is Group.ACCESS}
    reach = await list_reach(session, sorted({one.user_id for one in found}), now)
    wants_mail = of_access if context.settings.sends_mail else ()
    addresses = await mail.list_news_addresses(session, sorted(wants_mail))
    rows = []
    for one in found:
        chat, at = reach.get(one.user_id), moments[one.user_id]
        if chat is not None:
            rows.append(_row(context, one, Channel.TELEGRAM, str(chat.telegram_id), chat, at))
        if one.group is Group.ACCESS and one.user_id in addresses:
            rows.append(_row(context, one, Channel.MAIL, addresses[one.user_id], chat, at))
    await outbox.put_all(session, rows, now)


def _row(
    context: AppContext, one: Reminder, channel: Channel, recipient: str, chat: Reach | None, at: datetime
) -> Outgoing:
    """It holds nothing that could have changed when it is sent."""
    language = context.localizer.language(
        chat.language if chat else None, chat.telegram_language if chat else None
    )
    return Outgoing(
        channel=channel,
        recipient=recipient,
        kind=one.kind,
        occasion=one.occasion,
        language=language,
        payload={},
        due_at=at,
        expires_at=at + WORTH,
        user_id=one.user_id,
    )
