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
from bot.context import AppContext
from bot.notifications.events import AdminPurchaseSucceeded, PaymentParked, PurchaseSucceeded, SecondCharge
from bot.notifications.notify import notify, notify_chats, notify_looked_into, raise_alert
from bot.settings import Settings
from bot.texts.payments import invoices as words
from bot.texts.payments.purchases import WHERE
from bot.yookassa import requests
from db.alerts import close_payment_alerts
from db.payments.purchases import AttemptDetails, PaymentMethod
from db.payments.telegram import ChargeOutcome, ChargeSettlement, TelegramCharge

log = structlog.get_logger(__name__)


def freeze_invoice(order: AttemptDetails, settings: Settings) -> str:
    """The invoice as it is sent, each time the same; `payload` is the attempt's key and binds the payment to it."""
    invoice: dict[str, Any] = {
        "title": words.title(order.product),
        "description": words.description(order.product, order.module, order.days),
        "payload": order.key,
        "currency": order.currency,
        "prices": [{"label": words.title(order.product), "amount": order.amount}],
        "protect_content": True,
    }
    if order.method is PaymentMethod.INVOICE and settings.yookassa_vat_code is not None:
        invoice |= with_receipt(order, settings)
    return orjson.dumps(invoice).decode()


def with_receipt(order: AttemptDetails, settings: Settings) -> dict[str, Any]:
    """54-FZ through the provider token: Telegram asks for the e-mail and hands it to the provider
    (docs/facts.md#provider-token)."""
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


def invoice(order: AttemptDetails, settings: Settings) -> SendInvoice:
    values = orjson.loads(order.request)
    prices = [LabeledPrice(**price) for price in values.pop("prices")]
    token = settings.telegram_payment_token
    if order.method is PaymentMethod.INVOICE and token is not None:
        values["provider_token"] = token.get_secret_value()
    keyboard = rows(
        InlineKeyboardButton(text=words.pay(order.amount, order.currency), pay=True),  # has to be the first
        press(WHERE, CheckPayment(purchase=order.purchase_id)),
    )
    return SendInvoice(chat_id=order.telegram_id, prices=prices, reply_markup=keyboard, **values)


async def notify_charge(
    session: AsyncSession, context: AppContext, charge: TelegramCharge | None, received: ChargeSettlement
) -> None:
    """`charge` is what came in just now; None where an admin has assigned what came before."""
    metrics.count_settlement(session, "telegram", received.outcome)
    match received.outcome:
        case ChargeOutcome.CREDITED | ChargeOutcome.SECOND:
            await _notify_credit(session, context, received)
            assert received.purchase is not None
            payment_id = received.purchase.provider_payment_id
            await close_payment_alerts(session, received.purchase.id, payment_id, context.now())
        case ChargeOutcome.PARKED if charge is not None:
            parked = PaymentParked(
                subject=charge.payment_id,
                amount=charge.amount,
                currency=charge.currency,
                reason=received.reason,
                telegram_id=charge.telegram_id,
            )
            await raise_alert(session, context, parked)
            await notify_looked_into(session, context, charge.telegram_id, charge.amount, charge.currency)
        case _:
            log.info("charge_repeated", charge=charge.charge_id if charge else None)


async def _notify_credit(session: AsyncSession, context: AppContext, received: ChargeSettlement) -> None:
    purchase, change = received.purchase, received.change
    assert purchase is not None
    assert change is not None
    succeeded = PurchaseSucceeded(
        purchase_id=purchase.id,
        product=received.product,
        module=received.module,
        module_id=received.module_id,
        days=change.days,
        amount=purchase.amount_cents,
        currency=purchase.currency,
        ends_at=change.after,
    )
    await notify(session, purchase.user_id, succeeded)
    second = received.outcome is ChargeOutcome.SECOND
    if second or context.settings.payment_news:
        kind = SecondCharge if second else AdminPurchaseSucceeded
        for_admins = kind(
            purchase_id=purchase.id,
            user_id=purchase.user_id,
            product=received.product,
            amount=purchase.amount_cents,
            currency=purchase.currency,
        )
        await notify_chats(session, context.settings.admin_ids, for_admins)
