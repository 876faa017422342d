"""The ways to pay, and how the providers behind them name their payments."""

import re
from dataclasses import dataclass
from enum import StrEnum

YOOKASSA = "yookassa"
STARS = "stars"
XTR = "XTR"  # the currency code of Telegram Stars
YOOKASSA_ID = re.compile(r"[0-9a-fA-F-]{36}")  # of payments and refunds alike
# What stands in purchases.provider_payment_id instead of YooKassa's id: our own key until it is known, and Telegram's
# charge where the provider's charge id is none of YooKassa's.
KEY_PREFIX = "key:"
CHARGE_PREFIX = "tg:"


class PaymentMethod(StrEnum):
    """YooKassa by link, YooKassa by Telegram invoice, Stars."""

    LINK = "link"
    INVOICE = "invoice"
    STARS = "stars"

    @property
    def provider(self) -> str:
        return STARS if self is PaymentMethod.STARS else YOOKASSA


@dataclass(frozen=True, slots=True)
class Way:
    """One way to buy some terms: an offer, what it costs in the smallest unit, and how it is paid."""

    offer_id: int
    method: PaymentMethod
    price: int
    currency: str
