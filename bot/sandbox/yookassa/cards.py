"""The provider's published test cards and what each of them does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Card:
    """`reason` is the cancellation reason, None for a card that pays."""

    number: str
    brand: str
    secure: bool = False
    reason: str | None = None

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def grouped(self) -> str:
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))


_DECLINES: Mapping[str, str] = {
    "4600": "insufficient_funds",
    "4543": "card_expired",
    "4592": "3d_secure_failed",
    "4527": "general_decline",
    "4568": "fraud_suspected",
    "4535": "call_issuer",
    "4501": "issuer_unavailable",
    "4576": "payment_method_limit_exceeded",
    "4550": "payment_method_restricted",
    "4618": "invalid_card_number",
    "4626": "invalid_csc",
    "4584": "country_forbidden",
}
CARDS: tuple[Card, ...] = (
    Card("5555555555554444", "MasterCard"),
    Card("5555555555554477", "MasterCard", secure=True),
    Card("2202474301322987", "Mir"),
    Card("2200000000000004", "Mir", secure=True),
    Card("4793128161644804", "Visa"),
    Card("4111111111111111", "Visa"),
    *(Card(f"555555555555{tail}", "MasterCard", reason=reason) for tail, reason in _DECLINES.items()),
)
BY_NUMBER: Mapping[str, Card] = {card.number: card for card in CARDS}
DEFAULT = CARDS[0]


def method_of(card: Card, payment_id: str) -> dict[str, Any]:
    """`payment_method` of a payment made with the card."""
    return {
        "type": "bank_card",
        "id": payment_id,
        "saved": False,
        "status": "inactive",
        "title": f"Bank card *{card.last4}",
        "card": {
            "first6": card.number[:6],
            "last4": card.last4,
            "expiry_month": "12",
            "expiry_year": "2030",
            "card_type": card.brand,
            "issuer_country": "RU",
            "issuer_name": "Sandbox Bank",
        },
    }


def sbp_method(payment_id: str) -> dict[str, Any]:
    return {
        "type": "sbp",
        "id": payment_id,
        "saved": False,
        "status": "inactive",
        "title": "SBP",
        "sbp_operation_id": "1027088AE4CB48CB81287833347A8777",
        "payer_bank_details": {"bank_id": "100000000022", "bic": "044525593"},
    }


def wallet_method(payment_id: str) -> dict[str, Any]:
    number = "4100116075156746"
    return {
        "type": "yoo_money",
        "id": payment_id,
        "saved": False,
        "status": "inactive",
        "title": f"YooMoney wallet {number}",
        "account_number": number,
    }
