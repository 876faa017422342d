"""“I paid, where is it?”: the provider is asked on the spot, and the payer sees what became of the purchase."""

from datetime import timedelta
from typing import Any

from aiogram.exceptions import TelegramAPIError
from aiogram.methods import EditMessageText, SendMessage

from bot.context import Desk
from bot.jobs.retry import RunAgain
from bot.payments import timelines
from bot.payments.links import ask
from bot.payments.reconciling import Report, stars_ledger
from bot.texts.purchases import Heard
from bot.updates.sender import Later, send, send_all
from db import chats
from db.engine import Lane
from db.payments import purchases
from db.payments.purchases import Method as Way
from db.payments.purchases import Order
from db.payments.timeline import timeline


async def check_payment(payload: dict[str, Any], desk: Desk) -> None:
    """`message_id`: where the timeline is shown, a new message without."""
    async with desk.books.transaction(Lane.JOBS) as session:
        order = await purchases.order(session, payload["attempt"])
    if order is None:
        return
    telegram_id: int = payload["telegram_id"]
    shown: int | None = payload.get("message_id")
    if shown is None:
        shown = await _show(desk, order, telegram_id, None, Heard.ASKING)
    heard = await _heard(desk, order)
    if shown is not None:
        await _show(desk, order, telegram_id, shown, heard)


async def _heard(desk: Desk, order: Order) -> Heard:
    """Asks whoever knows. Telegram tells of an invoice by itself; Stars stand in its ledger."""
    if order.method is Way.STARS:
        try:
            await stars_ledger(desk, Report())
        except (TelegramAPIError, Later):
            return Heard.AWAY
        return Heard.ELSEWHERE
    if order.payment_id is None:
        return Heard.NOTHING if order.method is Way.LINK else Heard.ELSEWHERE
    settled = await ask(desk, order)
    return Heard.AWAY if settled is None else Heard.ANSWER


async def _show(
    desk: Desk, order: Order, telegram_id: int, message_id: int | None, heard: Heard
) -> int | None:
    """The message's number; None where it can't be shown. Raises RunAgain where a new one can be sent later."""
    async with desk.books.transaction(Lane.JOBS) as session:
        chosen, telegram = await chats.language_of(session, telegram_id)
        found = await timeline(session, order.purchase_id, order.user_id)
    with desk.voice.speaking(desk.voice.language(chosen, telegram)):
        text, keyboard = timelines.shown(found, heard, desk.now(), desk.settings.support_contact)
    if message_id is not None:
        edit = EditMessageText(chat_id=telegram_id, message_id=message_id, text=text, reply_markup=keyboard)
        await send_all(desk, [edit])
        return message_id
    try:
        sent = await send(desk, SendMessage(chat_id=telegram_id, text=text, reply_markup=keyboard))
    except Later as later:
        raise RunAgain("not sent", timedelta(seconds=later.delay)) from later
    return getattr(sent, "message_id", None)
