"""The job that sends a row of the outbox: claimed in one transaction, sent without one, noted in another."""

from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot import metrics
from bot.context import AppContext
from bot.mail import smtp
from bot.mail.letters import compose
from bot.mail.smtp import MailError, Trouble
from bot.mail.wording import NotWantedError, word
from bot.notifications.alert_events import MailNotGoing, MailUnknown
from bot.notifications.events import MailDelayed, MailNotSent
from bot.notifications.notify import notify_chats, raise_alert
from bot.retry import RetryJobError, backoff
from db import alerts, outbox
from db.engine import Pool
from db.jobs import SendOutboxJob
from db.outbox import State
from db.payments import failing
from db.tables import OutboxMessage

log = structlog.get_logger(__name__)

SERVER = "SMTP"  # the subject of its alarm, and its name among what fails
TIMES_RUNNING = 5
MIN_PAUSE = timedelta(seconds=1)


async def send_outbox(job: SendOutboxJob, context: AppContext) -> None:
    """Raises RetryJobError where it is to be tried again."""
    async with context.database.transaction(Pool.JOBS) as session:
        row = await outbox.claim(session, job.outbox, context.now())
        if row is None:
            return
        if row.state != State.SENDING:
            await _tell_over(session, context, row)
            return
        if context.settings.smtp_url is None:
            raise RetryJobError("SMTP_URL is empty")
        try:
            letter = await word(session, row, context)
        except NotWantedError:
            await outbox.mark_dropped(session, row.id, "not wanted")
            metrics.count_mail(State.DROPPED)
            return
    try:
        message, sender, recipient = compose(row, letter, context.settings)
        await smtp.send(smtp.read_server(context.settings.smtp_url), message, sender, recipient)
    except ValueError:  # of one address only
        await _record_trouble(context, row, MailError(Trouble.NEVER, "no address"))
    except MailError as error:
        await _record_trouble(context, row, error)
    else:
        await _record_sent(context, row)


async def _record_sent(context: AppContext, row: OutboxMessage) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        await outbox.mark_sent(session, row.id, context.now())
        if await failing.clear_failures(session, SERVER):
            await alerts.close_alert(session, MailNotGoing.name, SERVER, context.now())
    metrics.count_mail(State.SENT)


async def _record_trouble(context: AppContext, row: OutboxMessage, error: MailError) -> None:
    code = error.code
    log.warning("mail_not_sent", outbox=row.id, kind=row.kind, tries=row.tries, code=code)
    async with context.database.transaction(Pool.JOBS) as session:
        if error.of_server or error.trouble is Trouble.AGAIN:
            await _record_failing(session, context, error)
        if error.trouble is Trouble.AGAIN:
            pause = await _put_off(session, context, row, error)
        elif error.trouble is Trouble.NEVER:
            await outbox.mark_failed(session, row.id, error.code)
            row.state = State.FAILED
            await _tell_over(session, context, row)
        else:
            await outbox.mark_unknown(session, row.id, error.code)
            row.state = State.UNKNOWN
            await _tell_over(session, context, row)
    if error.trouble is Trouble.AGAIN:
        metrics.count_mail("put off")
        raise RetryJobError(error.code, pause)


async def _put_off(
    session: AsyncSession, context: AppContext, row: OutboxMessage, error: MailError
) -> timedelta:
    """Until then; at last when it is worth nothing any more, which is said then."""
    now = context.now()
    pause = backoff(context.timings.mail_retry, row.tries - 1, context.timings.mail_retry_most)
    pause = min(pause, max(row.expires_at - now, MIN_PAUSE))
    await outbox.release(session, row.id, error.code, now + pause)
    if row.tries == 1 and row.asked_by is not None:
        await notify_chats(session, [row.asked_by], MailDelayed(kind=row.kind, expires_at=row.expires_at))
    return pause


async def _record_failing(session: AsyncSession, context: AppContext, error: MailError) -> None:
    run = await failing.record_failure(session, SERVER, context.now())
    if error.of_server or run.times >= TIMES_RUNNING:
        await raise_alert(session, context, MailNotGoing(subject=SERVER, code=error.code))


async def _tell_over(session: AsyncSession, context: AppContext, row: OutboxMessage) -> None:
    """It won't be sent any more: whoever waits for it hears that, and the admins of what may have been sent."""
    metrics.count_mail(row.state)
    if row.state == State.UNKNOWN:
        await raise_alert(session, context, MailUnknown(subject=row.kind))
    if row.asked_by is not None:
        await notify_chats(session, [row.asked_by], MailNotSent(kind=row.kind, state=row.state))
