"""What we ask YooKassa for, as the JSON text that is frozen with the attempt and sent byte for byte."""

from collections.abc import Mapping
from typing import Any

import orjson

from bot.currencies import exponent
from bot.settings import Settings
from bot.texts import _, language
from bot.texts.format import days
from db.shop.courses import OfferDetails

MAX_DESCRIPTION = 128  # of a payment and of a receipt's item alike: docs/facts.md#receipts


def value(amount: int, currency: str) -> str:
    """`amount` in the smallest unit, as the API writes it: a string with a dot and two decimals."""
    whole, rest = divmod(amount, 10 ** exponent(currency))
    return f"{whole}.{rest:02d}" if exponent(currency) == 2 else f"{whole}.00"


def description(product: str, count: int) -> str:
    text = _("{product}, {days}").format(product=product, days=days(count))
    return text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 1] + "…"


def payment(
    offer: OfferDetails,
    purchase_id: int,
    key: str,
    return_url: str,
    customer: Mapping[str, str] | None,
    settings: Settings,
) -> str:
    """The body of `POST /payments`. `capture` must be said: left out, money is only held."""
    amount = {"value": value(offer.price, offer.currency), "currency": offer.currency}
    words = description(offer.product, offer.days)
    body: dict[str, Any] = {
        "amount": amount,
        "capture": True,
        "confirmation": {
            "type": "redirect",
            "return_url": return_url,
            "locale": "ru_RU" if language() == "ru" else "en_US",
        },
        "description": words,
        "metadata": {"purchase": str(purchase_id), "key": key},
    }
    if settings.yookassa_vat_code is not None and customer:
        body["receipt"] = receipt(amount, words, customer, settings)
    return orjson.dumps(body).decode()


def receipt(
    amount: Mapping[str, str], words: str, customer: Mapping[str, str], settings: Settings
) -> dict[str, Any]:
    """54-FZ: to the learner's own `email` or `phone` (digits); one item, the access (docs/facts.md#receipts)."""
    made: dict[str, Any] = {
        "customer": customer,
        "internet": True,
        "items": [
            {
                "description": words,
                "quantity": 1,
                "measure": "piece",
                "amount": amount,
                "vat_code": settings.yookassa_vat_code,
                "payment_subject": "service",
                "payment_mode": "full_payment",
            }
        ],
    }
    if settings.yookassa_tax_system is not None:
        made["tax_system_code"] = settings.yookassa_tax_system
    return made
