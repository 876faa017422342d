"""Invoices inside Telegram."""

from typing import Any

import orjson
from aiogram.methods import SendInvoice
from aiogram.types import InlineKeyboardButton, LabeledPrice

from bot.chat.keyboards import rows
from bot.settings import Settings
from bot.texts.payments import invoices as words
from bot.yookassa import requests
from db.payments.attempts import AttemptDetails
from db.payments.methods import PaymentMethod


def freeze_invoice(attempt: AttemptDetails, settings: Settings) -> str:
    """The invoice as it is sent, each time the same; `payload` is the attempt's key and binds the payment to it."""
    invoice: dict[str, Any] = {
        "title": words.title(attempt.product),
        "description": words.description(attempt.product, attempt.days),
        "payload": attempt.key,
        "currency": attempt.currency,
        "prices": [{"label": words.title(attempt.product), "amount": attempt.amount}],
        "protect_content": True,
    }
    if attempt.method is PaymentMethod.INVOICE and settings.yookassa_vat_code is not None:
        invoice |= with_receipt(attempt, settings)
    return orjson.dumps(invoice).decode()


def with_receipt(attempt: AttemptDetails, settings: Settings) -> dict[str, Any]:
    """54-FZ through the provider token: Telegram asks for the e-mail and hands it to the provider
    (docs/facts.md#provider-token)."""
    item = {
        "description": requests.description(attempt.product, attempt.days),
        "quantity": "1.00",
        "amount": {"value": requests.value(attempt.amount, attempt.currency), "currency": attempt.currency},
        "vat_code": settings.yookassa_vat_code,
        "payment_mode": "full_payment",
        "payment_subject": "service",
    }
    return {
        "need_email": True,
        "send_email_to_provider": True,
        "provider_data": orjson.dumps({"receipt": {"items": [item]}}).decode(),
    }


def invoice(attempt: AttemptDetails, settings: Settings) -> SendInvoice:
    values = orjson.loads(attempt.request)
    prices = [LabeledPrice(**price) for price in values.pop("prices")]
    token = settings.telegram_payment_token
    if attempt.method is PaymentMethod.INVOICE and token is not None:
        values["provider_token"] = token.get_secret_value()
    keyboard = rows(InlineKeyboardButton(text=words.pay(attempt.amount, attempt.currency), pay=True))
    return SendInvoice(chat_id=attempt.telegram_id, prices=prices, reply_markup=keyboard, **values)
