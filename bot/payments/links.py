"""Payments by link: created at the provider with no connection held, then shown to the payer."""

from datetime import datetime, timedelta

import structlog

from bot.chat import Text
from bot.chat.buttons import ShowModule, ShowOffer
from bot.chat.keyboards import press, rows
from bot.chat.replies import without_buttons
from bot.context import AppContext
from bot.notifications.alert_events import PaymentUnknown, ProviderRefused
from bot.notifications.notify import raise_alert
from bot.notifications.ways import way_buttons
from bot.payments.alarms import YOOKASSA_PAYMENTS, close_unknown, keep_unread, record_unknown
from bot.payments.provider import KEY_LIFETIME, get_provider, retry_job
from bot.payments.screens import get_order, is_slow
from bot.payments.settling import settle_payment
from bot.payments.showing import show_order, write
from bot.raw_json import Unreadable
from bot.retry import RetryJobError
from bot.sender import send_all, shown_as_typing
from bot.texts import shop as shop_words
from bot.texts.payments import orders as words
from bot.yookassa.answers import ProviderPayment, ProviderRefusedError, ProviderUnknownError
from bot.yookassa.client import YooKassa
from db import alerts, chats
from db.engine import Pool
from db.jobs import AskPaymentJob, CreatePaymentJob, SlowLinkJob
from db.payments import attempts, orders
from db.payments.attempts import AttemptDetails
from db.payments.purchases import PurchaseStatus
from db.payments.settling import Outcome
from db.queue import enqueue

log = structlog.get_logger(__name__)


async def create_payment(job: CreatePaymentJob, context: AppContext) -> None:
    """Shows the order; sends its frozen request under its key until an answer is known; then shows the link.

    Also for an order that is no longer offered, as long as nobody knows what came of its request.
    """
    now = context.now()
    async with context.database.transaction(Pool.JOBS) as session:
        attempt = await attempts.get_attempt(session, job.attempt)
        if attempt is None or attempt.status != PurchaseStatus.PENDING:
            return
        if attempt.closed_at is not None and attempt.payment_id is not None:
            return
        if attempt.closed_at is not None and attempt.sent_at is None:
            await attempts.record_refusal(session, attempt, orders.SUPERSEDED, now)  # nobody was asked for it
            return
        await attempts.mark_sent(session, attempt.id, now)
    if attempt.link is not None or attempt.sent_at is None:
        await show_order(context, attempt.id)
    if attempt.link is None:
        async with shown_as_typing(context, attempt.telegram_id):
            payment = await _create(context, attempt, now)
        if payment is not None:
            await _record_answer(context, attempt, payment)


async def show_slow(job: SlowLinkJob, context: AppContext) -> None:
    """The link has been waited for: its payer learns that, and of the other ways. Also where its order was opened
    anew, by a message that does not show it yet."""
    if await _waits(context, job.attempt):
        await show_order(context, job.attempt)
        if not await _waits(context, job.attempt):
            await show_order(context, job.attempt)  # the link came meanwhile, and its screen was written over


async def _waits(context: AppContext, attempt_id: int) -> bool:
    async with context.database.transaction(Pool.JOBS) as session:
        attempt = await attempts.get_attempt(session, attempt_id)
    return attempt is not None and attempt.link is None


async def _create(context: AppContext, attempt: AttemptDetails, now: datetime) -> ProviderPayment | None:
    """None where the provider refused, which ends the attempt. Raises RetryJobError while the outcome is unknown."""
    provider = get_provider(context)
    try:
        if attempt.sent_at is not None and now - attempt.sent_at >= KEY_LIFETIME:
            return await _look_up(context, provider, attempt, attempt.sent_at)
        return await provider.create_payment(attempt.request, attempt.key)
    except ProviderRefusedError as error:
        await _record_refusal(context, attempt, error)
        return None
    except ProviderUnknownError as error:
        log.warning("payment_outcome_unknown", purchase_id=attempt.purchase_id, error=error)
        await record_unknown(context, PaymentUnknown(subject=str(attempt.purchase_id), reason=error.reason))
        raise retry_job(error) from error


async def _look_up(
    context: AppContext, provider: YooKassa, attempt: AttemptDetails, sent_at: datetime
) -> ProviderPayment | None:
    """A key this old would be a new operation: the payment is looked for, and the attempt ends without one."""
    since = sent_at - timedelta(minutes=5)
    async for payment in provider.payments(created_from=since, created_to=since + timedelta(hours=25)):
        if isinstance(payment, Unreadable):
            await keep_unread(context, YOOKASSA_PAYMENTS, payment)
            if attempt.key in payment.raw:
                raise ProviderUnknownError("the payment is there, but can't be read")
        elif payment.metadata.get("key") == attempt.key:
            return payment
    async with context.database.transaction(Pool.JOBS) as session:
        closed = await attempts.record_refusal(session, attempt, "never created", context.now())
        await close_unknown(session, context, PaymentUnknown, attempt.purchase_id)
    if closed:
        await _say_ended(context, attempt, words.NEVER_CREATED)
    return None


async def _record_answer(context: AppContext, attempt: AttemptDetails, payment: ProviderPayment) -> None:
    now = context.now()
    first = context.timings.ask_after(0)
    async with context.database.transaction(Pool.JOBS) as session:
        await attempts.record_answer(
            session,
            attempt,
            payment_id=payment.id,
            link=payment.link,
            link_ends_at=(payment.created_at or now) + context.timings.link_lives,
            test=payment.test,
            recipient=payment.recipient,
            next_ask_at=now + first,
            now=now,
        )
        await enqueue(session, AskPaymentJob(attempt=attempt.id), after=first)
        await alerts.close_offer_alerts(session, ProviderRefused.name, attempt.offer_id, now)
        if payment.link is not None:  # an answer before may have had none
            await alerts.close_alert(session, PaymentUnknown.name, str(attempt.purchase_id), now)
        settlement = await settle_payment(session, context, payment, now)
        attempt = await attempts.get_attempt(session, attempt.id) or attempt
    if settlement.outcome is not Outcome.OPEN:
        return
    if attempt.link is None:
        await _alarm_no_link(context, attempt)
        raise RetryJobError("the answer has no address to pay at")
    await _show_link(context, attempt)


async def _show_link(context: AppContext, attempt: AttemptDetails) -> None:
    """In the order's message; one that came late is news, and a message of its own."""
    late = is_slow(attempt, context) and not attempt.left
    copies: list[orders.Copy] = []
    if late:
        async with context.database.transaction(Pool.JOBS) as session:
            copies = await orders.take_message(session, attempt.id, attempt.telegram_id, None)
    await show_order(context, attempt.id)
    await send_all(context, [without_buttons(*copy) for copy in copies])


async def _alarm_no_link(context: AppContext, attempt: AttemptDetails) -> None:
    """The same request is sent again: the provider's answer to its key may have one by then."""
    alarm = PaymentUnknown(subject=str(attempt.purchase_id), reason="its answer has no address to pay at")
    async with context.database.transaction(Pool.JOBS) as session:
        await raise_alert(session, context, alarm)


async def _record_refusal(context: AppContext, attempt: AttemptDetails, error: ProviderRefusedError) -> None:
    log.error("payment_refused", purchase_id=attempt.purchase_id, error=error)
    async with context.database.transaction(Pool.JOBS) as session:
        await close_unknown(session, context, PaymentUnknown, attempt.purchase_id)
        if not await attempts.record_refusal(session, attempt, error.code, context.now()):
            return
        alarm = ProviderRefused(
            subject=f"{attempt.offer_id} {error.code}",
            offer_id=attempt.offer_id,
            product=attempt.product,
            code=error.code,
            about=error.description,
            parameter=error.parameter,
        )
        await raise_alert(session, context, alarm)
    await _say_ended(context, attempt, words.REFUSED)


async def _say_ended(context: AppContext, attempt: AttemptDetails, why: Text) -> None:
    """No payment came of the order: in its message, with the other ways; nothing where its payer has gone on, or has
    paid after all. Raises RetryJobError."""
    async with context.database.transaction(Pool.JOBS) as session:
        attempt = await attempts.get_attempt(session, attempt.id) or attempt
        order = await get_order(session, context, attempt)
        chosen, telegram = await chats.get_language(session, attempt.telegram_id)
    if attempt.left or attempt.status != PurchaseStatus.CANCELED:
        return
    with context.localizer.use_language_of(chosen, telegram):
        head = words.terms(attempt.product, attempt.days, attempt.amount, attempt.currency)
        again = press(words.TRY_AGAIN, ShowOffer(id=attempt.offer_id)) if attempt.offer_id else None
        back = press(shop_words.BACK, ShowModule(id=attempt.module_id))
        shown = f"{head}\n\n{why}", rows(again, *way_buttons(order.ways), back)
    await write(context, attempt, shown, said=PurchaseStatus.CANCELED)
