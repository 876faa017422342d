"""An open order's screen: one message of a chat, rewritten as the order goes on (`db.payments.orders`)."""

from dataclasses import dataclass
from datetime import datetime

from aiogram.types import InlineKeyboardMarkup
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import CheckPayment, DropOrder, ShowModule
from bot.chat.keyboards import open_url, press, rows
from bot.context import AppContext
from bot.notifications.ways import way_buttons
from bot.payments.offering import list_other_ways
from bot.texts import shop as shop_words
from bot.texts.payments import orders as words
from db.access.changes import AccessPeriod, get_access
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


def is_shown(attempt: AttemptDetails) -> bool:
    return not attempt.left and attempt.closed_at is None and attempt.status == PurchaseStatus.PENDING
