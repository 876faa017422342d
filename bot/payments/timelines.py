"""A purchase's timeline as a message: for the handler, which knows the database, and the job, which has asked."""

from datetime import datetime

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.buttons import CheckPayment, ShowLessons
from bot.chat.commands import COURSES, STATUS
from bot.chat.keyboards import go, in_rows, press, rows
from bot.payments import screens
from bot.payments.screens import Order
from bot.texts.access import status as access_words
from bot.texts.payments import orders as order_words
from bot.texts.payments import purchases as words
from bot.texts.payments.purchases import CheckStage
from db.payments.purchases import PurchaseStatus, PurchaseSummary
from db.payments.timeline import Timeline

IN_A_ROW = 3


def shown(
    found: Timeline, stage: CheckStage, now: datetime, support: str | None, order: Order | None = None
) -> tuple[str, InlineKeyboardMarkup | None]:
    """`order`: the same purchase as an open order."""
    text = words.timeline(found, stage, now, support)
    if stage is CheckStage.ASKING:
        return text, None
    if order is not None:
        return text, screens.keyboard(order)
    if found.waits:
        check = press(order_words.CHECK, CheckPayment(purchase=found.purchase.id, here=True))
        return text, rows(check, go(access_words.SEE_COURSES, COURSES))
    on = press(words.TO_LESSONS, ShowLessons(module=found.purchase.module_id))
    return text, rows(on if found.access else None, go(words.MY_ACCESS, STATUS))


def buttons(found: list[PurchaseSummary], order: int | None) -> InlineKeyboardMarkup | None:
    """A row for each open one, whose payer may ask for it; the others, a few to a row, tell their story. `order`: an
    open one, which need not be among those found."""
    asking, telling = list[InlineKeyboardButton](), list[InlineKeyboardButton]()
    for place, one in enumerate(found, 1):
        pressed = CheckPayment(purchase=one.id)
        if one.ours and one.status == PurchaseStatus.PENDING:
            asking.append(press(words.check_number(place), pressed))
        else:
            telling.append(press(words.details(place), pressed))
    if order is not None and order not in [one.id for one in found]:
        asking.append(press(order_words.CHECK, CheckPayment(purchase=order)))
    return rows(*asking, *in_rows(telling, IN_A_ROW)) if asking or telling else None
