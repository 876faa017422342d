"""A purchase's timeline as a message: for the handler, which knows the database, and the job, which has asked."""

from datetime import datetime

from aiogram.types import InlineKeyboardMarkup

from bot.chat.buttons import CheckPayment
from bot.chat.keyboards import in_rows, open_url, press, rows
from bot.texts.payments import links as payment_words
from bot.texts.payments import purchases as words
from bot.texts.payments.purchases import CheckStage
from db.payments.purchases import PurchaseStatus, PurchaseSummary
from db.payments.timeline import Timeline

IN_A_ROW = 3


def shown(
    found: Timeline, stage: CheckStage, now: datetime, support: str | None
) -> tuple[str, InlineKeyboardMarkup | None]:
    text = words.timeline(found, stage, now, support)
    if not found.waits or stage is CheckStage.ASKING:
        return text, None
    one = found.purchase
    pay = None
    if one.status == PurchaseStatus.PENDING and one.link and one.link_ends_at and one.link_ends_at > now:
        pay = open_url(payment_words.pay_button(one.amount, one.currency), one.link)
    return text, rows(pay, press(words.ASK_AGAIN, CheckPayment(purchase=one.id, here=True)))


def buttons(found: list[PurchaseSummary]) -> InlineKeyboardMarkup | None:
    """A row for each open one, whose payer may ask where access is; the others, a few to a row, tell their story."""
    waiting = [one for one in found if one.ours and one.status == PurchaseStatus.PENDING]
    others = [one for one in found if one not in waiting]
    asking = [press(words.where_number(one.id), CheckPayment(purchase=one.id)) for one in waiting]
    telling = [press(words.details(one.id), CheckPayment(purchase=one.id)) for one in others]
    return rows(*asking, *in_rows(telling, IN_A_ROW)) if found else None
