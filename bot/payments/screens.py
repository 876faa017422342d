"""An open order's screen: one message of a chat, rewritten as the order goes on (`db.payments.orders`)."""

from dataclasses import dataclass
from datetime import datetime

from aiogram.methods import DeleteMessage, EditMessageText, SendMessage
from aiogram.types import InlineKeyboardMarkup
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import CheckPayment, DropOrder, ShowModule
from bot.chat.keyboards import open_url, press, rows
from bot.context import AppContext
from bot.notifications.ways import way_buttons
from bot.payments.offering import list_other_ways
from bot.sender import send_all, send_in_job
from bot.texts import shop as shop_words
from bot.texts.payments import orders as words
from db import chats
from db.access.changes import AccessPeriod, get_access
from db.engine import Pool
from db.payments import attempts, orders
from db.payments.attempts import AttemptDetails
from db.payments.methods import PaymentMethod, Way
from db.payments.prices import PriceRise, get_rise
from db.payments.purchases import PurchaseStatus

Screen = tuple[str, InlineKeyboardMarkup | None]


@dataclass(frozen=True, slots=True)
class Order:
    """An order as its screen needs it. `slow`: its link has been waited for; `access`: what is open already;
    `rise`: of its price, since it was opened."""

    attempt: AttemptDetails
    ways: list[Way]
    access: AccessPeriod | None
    slow: bool
    rise: PriceRise | None = None


async def get_order(session: AsyncSession, context: AppContext, attempt: AttemptDetails) -> Order:
    ways = await list_other_ways(session, context.settings, attempt, attempt.product_id, attempt.days)
    access = await get_access(session, attempt.user_id, attempt.module_id)
    rise = await get_rise(session, attempt)
    return Order(attempt, ways, access, is_slow(attempt, context), rise)


def is_slow(attempt: AttemptDetails, context: AppContext) -> bool:
    """Whether its link takes, or took, longer than a payer waits for without a word."""
    return context.now() - attempt.created_at >= context.timings.slow_link


def screen(order: Order, now: datetime) -> Screen:
    attempt = order.attempt
    parts = [
        words.terms(attempt.product, attempt.days, attempt.amount, attempt.currency),
        words.opens(attempt.module, attempt.days, order.access, now),
    ]
    if order.rise is not None and order.rise.at > now:
        parts.append(words.rises(order.rise, attempt.currency))
    how = words.how_to_pay(attempt, order.slow, bool(order.ways))
    return "\n".join(parts) + f"\n\n{how}", keyboard(order)


def keyboard(order: Order) -> InlineKeyboardMarkup:
    """The button that pays first; then asking for the payment, the other ways, and the way back."""
    attempt = order.attempt
    waits = attempt.method is PaymentMethod.LINK and attempt.link is None
    check = press(words.CHECK, CheckPayment(purchase=attempt.purchase_id, here=True))
    leave = press(shop_words.BACK, ShowModule(id=attempt.module_id))
    if waits and order.slow:
        leave = press(words.CANCEL, DropOrder(purchase=attempt.purchase_id))
    pay = open_url(words.pay(attempt.amount, attempt.currency), attempt.link) if attempt.link else None
    return rows(pay, None if waits else check, *way_buttons(order.ways), leave)


async def show_order(context: AppContext, attempt_id: int) -> None:
    """In the message that shows the order, or, where there is none yet, as a new one. Nothing where its payer has gone
    on to something else. Raises RetryJobError."""
    async with context.database.transaction(Pool.JOBS) as session:
        attempt = await attempts.get_attempt(session, attempt_id)
        if attempt is None or not is_shown(attempt):
            return
        order = await get_order(session, context, attempt)
        chosen, telegram = await chats.get_language(session, attempt.telegram_id)
    with context.localizer.use_language_of(chosen, telegram):
        shown = screen(order, context.now())
    spare = await write(context, attempt, shown)
    if spare is not None:
        await send_all(context, [DeleteMessage(chat_id=spare[0], message_id=spare[1])])


def is_shown(attempt: AttemptDetails) -> bool:
    return not attempt.left and attempt.closed_at is None and attempt.status == PurchaseStatus.PENDING


async def write(context: AppContext, attempt: AttemptDetails, shown: Screen) -> orders.Copy | None:
    """Puts it where the order is shown. A message that was sent is returned where it is not the one that shows it: two
    jobs at once have sent one each, or its payer has gone on. Raises RetryJobError."""
    text, markup = shown
    chat_id, before = attempt.telegram_id, attempt.message_id
    method = (
        SendMessage(chat_id=chat_id, text=text, reply_markup=markup)
        if before is None
        else EditMessageText(chat_id=chat_id, message_id=before, text=text, reply_markup=markup)
    )
    sent = await send_in_job(context, method)
    message_id = getattr(sent, "message_id", None)
    if message_id is None or message_id == before:
        return None
    async with context.database.transaction(Pool.JOBS) as session:
        recorded = await orders.record_message(session, attempt.id, before, message_id)
    return None if recorded else (chat_id, message_id)
