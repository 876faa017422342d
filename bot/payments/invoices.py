"""Invoices inside Telegram, and the news of what was paid by them."""

from typing import Any

import orjson
import structlog
from aiogram.methods import SendInvoice
from aiogram.types import InlineKeyboardButton, LabeledPrice
from sqlalchemy.ext.asyncio import AsyncSession

from bot import metrics
from bot.chat.buttons import CheckPayment
from bot.chat.keyboards import press, rows
from bot.chat.replies import iso
from bot.context import Desk
from bot.notifications.notify import tell, tell_chats
from bot.settings import Settings
from bot.texts import invoices as words
from bot.texts.purchases import where
from bot.yookassa import requests
from db.alerts import raise_alert, solve_payment
from db.payments.purchases import Method, Order
from db.payments.telegram import Charge, Outcome, Received

log = structlog.get_logger(__name__)


def frozen(order: Order, settings: Settings) -> str:
    """The invoice as it is sent, each time the same; `payload` is the attempt's key and binds the payment to it."""
    invoice: dict[str, Any] = {
        "title": words.title(order.product),
        "description": words.description(order.product, order.module, order.days),
        "payload": order.key,
        "currency": order.currency,
        "prices": [{"label": words.title(order.product), "amount": order.amount}],
        "protect_content": True,
    }
    if order.method is Method.INVOICE and settings.yookassa_vat_code is not None:
        invoice |= with_receipt(order, settings)
    return orjson.dumps(invoice).decode()


def with_receipt(order: Order, settings: Settings) -> dict[str, Any]:
    """54-FZ through the provider token (facts C2): Telegram asks for the e-mail and hands it to the provider."""
    item = {
        "description": requests.description(order.product, order.days),
        "quantity": "1.00",
        "amount": {"value": requests.value(order.amount, order.currency), "currency": order.currency},
        "vat_code": settings.yookassa_vat_code,
        "payment_mode": "full_payment",
        "payment_subject": "service",
    }
    return {
        "need_email": True,
        "send_email_to_provider": True,
        "provider_data": orjson.dumps({"receipt": {"items": [item]}}).decode(),
    }


def invoice(order: Order, settings: Settings) -> SendInvoice:
    values = orjson.loads(order.request)
    prices = [LabeledPrice(**price) for price in values.pop("prices")]
    token = settings.telegram_payment_token
    if order.method is Method.INVOICE and token is not None:
        values["provider_token"] = token.get_secret_value()
    keyboard = rows(
        InlineKeyboardButton(text=words.pay(order.amount, order.currency), pay=True),  # has to be the first
        press(where(), CheckPayment(purchase=order.purchase_id)),
    )
    return SendInvoice(chat_id=order.telegram_id, prices=prices, reply_markup=keyboard, **values)


async def tell_received(session: AsyncSession, desk: Desk, charge: Charge | None, received: Received) -> None:
    """`charge` is what came in just now; None where an admin has assigned what came before."""
    metrics.payment_settled(session, "telegram", received.outcome)
    match received.outcome:
        case Outcome.CREDITED | Outcome.SECOND:
            await _tell_credit(session, desk, received)
            assert received.purchase is not None
            payment_id = received.purchase.provider_payment_id
            await solve_payment(session, received.purchase.id, payment_id, desk.now())
        case Outcome.PARKED if charge is not None:
            await alarm(
                session,
                desk,
                "payment_parked",
                charge.payment_id,
                amount=charge.amount,
                currency=charge.currency,
                reason=received.reason,
                telegram_id=charge.telegram_id,
            )
            await tell_looked_into(session, desk, charge.telegram_id, charge.amount, charge.currency)
        case _:
            log.info("charge_repeated", charge=charge.charge_id if charge else None)


async def _tell_credit(session: AsyncSession, desk: Desk, received: Received) -> None:
    purchase, change = received.purchase, received.change
    assert purchase is not None
    assert change is not None
    money = {"product": received.product, "amount": purchase.amount_cents, "currency": purchase.currency}
    await tell(
        session,
        purchase.user_id,
        "purchase_succeeded",
        purchase_id=purchase.id,
        module=received.module,
        module_id=received.module_id,
        days=change.days,
        ends_at=iso(change.after),
        **money,
    )
    if received.outcome is Outcome.SECOND:
        await tell_chats(
            session,
            desk.settings.admin_ids,
            "second_charge",
            purchase_id=purchase.id,
            user_id=purchase.user_id,
            **money,
        )
    elif desk.settings.payment_news:
        await tell_chats(
            session,
            desk.settings.admin_ids,
            "admin_purchase_succeeded",
            purchase_id=purchase.id,
            user_id=purchase.user_id,
            **money,
        )


async def tell_looked_into(
    session: AsyncSession, desk: Desk, telegram_id: int, amount: int, currency: str
) -> None:
    """Who has paid is not left without a word."""
    support = desk.settings.support_contact
    facts = {"amount": amount, "currency": currency, "support": support}
    await tell_chats(session, [telegram_id], "payment_looked_into", **facts)


async def alarm(session: AsyncSession, desk: Desk, kind: str, subject: str, **facts: Any) -> bool:
    """On /admin until solved, and in the admins' chats at once; the same one only once. Whether it is new."""
    if not await raise_alert(session, kind, subject, **facts):
        return False
    log.error(kind, subject=subject, **facts)
    await tell_chats(session, desk.settings.admin_ids, kind, subject=subject, **facts)
    return True
