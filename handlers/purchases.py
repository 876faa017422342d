"""/purchases: what was paid, what is open, and what became of each; the provider is asked by a job."""

from datetime import datetime
from typing import Any

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import CheckPayment, Go
from bot.chat.commands import PURCHASES
from bot.chat.replies import say, show, toast
from bot.context import AppContext
from bot.payments import timelines
from bot.texts.payments import purchases as words
from db.chats import Person
from db.jobs import CheckPaymentJob
from db.payments import purchases
from db.payments.timeline import get_timeline
from db.queue import enqueue
from handlers.filters import SignedIn, is_

MAX_LENGTH = 60  # seconds for which a job that fails, or waits for Telegram, swallows presses

router = Router(name="purchases")
router.message.filter(SignedIn())
router.callback_query.filter(SignedIn())


@router.message(is_(PURCHASES))
@router.callback_query(Go.filter(F.command == PURCHASES.name))
async def show_purchases(event: Message | CallbackQuery, session: AsyncSession, person: Person) -> Any:
    found = await purchases.list_purchases(session, person.user_id)
    return say(event, words.purchases(found), timelines.buttons(found))


async def show_unpaid(event: Message | CallbackQuery, session: AsyncSession, person: Person) -> Any:
    """What somebody who comes back from the checkout page wants to know."""
    found = await purchases.list_unpaid(session, person.user_id)
    text = words.unpaid(found) if found else words.NOTHING_UNPAID
    return say(event, text, timelines.buttons(found))


@router.callback_query(CheckPayment.filter())
async def show_timeline(
    query: CallbackQuery,
    callback_data: CheckPayment,
    session: AsyncSession,
    person: Person,
    context: AppContext,
    now: datetime,
) -> Any:
    """What may still change is asked for first; one question at a time, however often the button is pressed."""
    found = await get_timeline(session, callback_data.purchase, person.user_id)
    attempt = found.attempt
    if attempt is None or not found.waits:
        text, keyboard = timelines.shown(
            found, words.CheckStage.NOTHING, now, context.settings.support_contact
        )
        return (show if callback_data.here else say)(query, text, keyboard)
    here = query.message.message_id if callback_data.here and query.message else None
    job = CheckPaymentJob(attempt=attempt.id, telegram_id=person.telegram_id, message_id=here)
    key = f"check_payment:{person.telegram_id}:{attempt.question}:{now.timestamp() // MAX_LENGTH:.0f}"
    await enqueue(session, job, priority=5, key=key)
    return toast(query, words.CHECKING)
