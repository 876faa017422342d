"""What Telegram refused for its content: whoever waits for it hears what to do, what was promised is undone, and the
admins get one alarm per cause."""

from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.notifications.alert_events import InvoiceRefused, MediaRefused, MessageRefused
from bot.notifications.events import InvoiceNotSent, MediaNotShown, MessageNotShown
from bot.notifications.notify import notify_chats, raise_alert
from bot.payments.offering import list_other_ways
from bot.sender import FILES, code_of
from db.engine import Pool
from db.jobs import RefusedJob
from db.lessons.lessons import find_lesson_by_media
from db.payments import attempts
from db.payments.purchases import PurchaseStatus

# What somebody waits for.
TOLD = {"SendMessage", "EditMessageText", *FILES}


async def refused(job: RefusedJob, context: AppContext) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        if job.method == "SendInvoice":
            await _invoice(session, context, job)
        elif job.method in FILES:
            await _media(session, context, job)
        else:
            await _message(session, context, job)


async def _invoice(session: AsyncSession, context: AppContext, job: RefusedJob) -> None:
    """The order is closed as refused; one that is no longer open has nothing to be told of."""
    attempt = await attempts.get_attempt_by_key(session, job.about)
    if attempt is None or attempt.status != PurchaseStatus.PENDING:
        return
    code = code_of(job.error)
    if not await attempts.record_refusal(session, attempt, code, context.now()):
        return
    alarm = InvoiceRefused(
        subject=f"{attempt.offer_id} {attempt.method} {code}",
        offer_id=attempt.offer_id,
        product=attempt.product,
        amount=attempt.amount,
        currency=attempt.currency,
        code=code,
    )
    await raise_alert(session, context, alarm)
    ways = await list_other_ways(session, context.settings, attempt, attempt.product_id, attempt.days)
    told = InvoiceNotSent(
        purchase_id=attempt.purchase_id,
        product=attempt.product,
        offer_id=attempt.offer_id,
        support=context.settings.support_contact,
        ways=tuple(ways),
        message_id=attempt.message_id,
        message_chat=attempt.telegram_id,
    )
    await notify_chats(session, [attempt.telegram_id], told)


async def _media(session: AsyncSession, context: AppContext, job: RefusedJob) -> None:
    """A file of no lesson (a certificate, a table, /mydata) is told of as any other message."""
    lesson = await find_lesson_by_media(session, job.about)
    if lesson is None:
        await _message(session, context, job)
        return
    code = code_of(job.error)
    alarm = MediaRefused(subject=f"{lesson.id} {code}", title=lesson.title, code=code)
    await raise_alert(session, context, alarm)
    if job.telegram_id is not None:
        told = MediaNotShown(lesson_id=lesson.id, title=lesson.title, code=code)
        await notify_chats(session, [job.telegram_id], told)


async def _message(session: AsyncSession, context: AppContext, job: RefusedJob) -> None:
    code = code_of(job.error)
    await raise_alert(session, context, MessageRefused(subject=f"{job.method} {code}", code=code))
    if job.telegram_id is not None and job.method in TOLD:
        told = MessageNotShown(support=context.settings.support_contact)
        await notify_chats(session, [job.telegram_id], told)
