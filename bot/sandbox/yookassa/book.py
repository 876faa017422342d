"""The provider's records: shops, payments, refunds, and answers kept for idempotence keys.

Everything lives in memory and is written through to the store; an answer to a key is part of the record it
made or changed, so one write holds both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from bot.sandbox.store import Store
from bot.sandbox.yookassa.errors import Refused
from bot.sandbox.yookassa.money import Json
from bot.sandbox.yookassa.timestamps import format_timestamp, parse_timestamp

KEY_LIFE = timedelta(hours=24)
SHOPS, PAYMENTS, REFUNDS = "yookassa_shop", "yookassa_payment", "yookassa_refund"


@dataclass(slots=True)
class Merchant:
    """A shop. `refunds` is "instant" or "pending" (settled by hand); `own_register` loosens receipts."""

    shop_id: str
    secret_key: str
    notifications_url: str | None = None
    receipts_required: bool = False
    own_register: bool = False
    test: bool = True
    refunds: str = "instant"


@dataclass(slots=True)
class Answer:
    key: str
    digest: str
    at: str
    body: Json


@dataclass(slots=True)
class PaymentRecord:
    """`body` is the API object without what is derived when it is shown (link, refunded sums).

    `amount` is what is asked for, or was captured, in kopecks; `expires_at` ends the link, or the hold.
    """

    seq: int
    shop: str
    body: Json
    amount: int
    capture: bool
    expires_at: str
    receipt: Json | None = None
    method_wanted: str | None = None
    return_url: str | None = None
    locale: str = "ru_RU"
    answers: list[Answer] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def status(self) -> str:
        return str(self.body["status"])


@dataclass(slots=True)
class RefundRecord:
    seq: int
    shop: str
    body: Json
    amount: int
    receipt: Json | None = None
    answers: list[Answer] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def payment_id(self) -> str:
        return str(self.body["payment_id"])

    @property
    def status(self) -> str:
        return str(self.body["status"])


Item = TypeVar("Item", PaymentRecord, RefundRecord)


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An idempotence key with the request it came with: path and body, byte for byte."""

    shop: str
    key: str
    digest: str

    @classmethod
    def of(cls, shop: str, key: str, path: str, raw: bytes) -> RequestKey:
        return cls(shop, key, hashlib.sha256(path.encode() + b"\n" + raw).hexdigest())


class Book:
    def __init__(self, store: Store) -> None:
        self._store = store
        self.merchants = {item["shop_id"]: Merchant(**item) for item in store.all(SHOPS)}
        self.payments = {record.id: record for record in map(_payment, store.all(PAYMENTS))}
        self.refunds = {record.id: record for record in map(_refund, store.all(REFUNDS))}
        self._refunds_of: dict[str, list[RefundRecord]] = {}
        self._answers: dict[tuple[str, str], Answer] = {}
        self.pending = {key for key, record in self.payments.items() if record.status in _OPEN}
        for refund in self.refunds.values():
            self._refunds_of.setdefault(refund.payment_id, []).append(refund)
        records: list[PaymentRecord | RefundRecord] = [*self.payments.values(), *self.refunds.values()]
        for record in records:
            self._answers.update({(record.shop, answer.key): answer for answer in record.answers})

    def next_seq(self) -> int:
        return self._store.next_id("yookassa_object")

    def save_merchant(self, merchant: Merchant) -> None:
        self.merchants[merchant.shop_id] = merchant
        self._store.put(SHOPS, merchant.shop_id, asdict(merchant))

    def save_payment(self, record: PaymentRecord) -> None:
        self.payments[record.id] = record
        if record.status in _OPEN:
            self.pending.add(record.id)
        else:
            self.pending.discard(record.id)
        self._store.put(PAYMENTS, record.id, asdict(record))

    def save_refund(self, record: RefundRecord) -> None:
        if record.id not in self.refunds:
            self._refunds_of.setdefault(record.payment_id, []).append(record)
        self.refunds[record.id] = record
        self._store.put(REFUNDS, record.id, asdict(record))

    def refunds_of(self, payment_id: str) -> list[RefundRecord]:
        return self._refunds_of.get(payment_id, [])

    def open_payments(self) -> Iterator[PaymentRecord]:
        """Payments whose link or hold may run out."""
        return iter([self.payments[key] for key in self.pending])

    def remember(
        self, record: PaymentRecord | RefundRecord, key: RequestKey, body: Json, now: datetime
    ) -> None:
        """Keeps the answer in the record (the caller saves it)."""
        answer = Answer(key.key, key.digest, format_timestamp(now), body)
        record.answers.append(answer)
        self._answers[key.shop, key.key] = answer

    def recall(self, key: RequestKey, now: datetime) -> Json | None:
        """The first answer to this key, for 24 hours; Refused when the request differs."""
        answer = self._answers.get((key.shop, key.key))
        if answer is None or now - parse_timestamp(answer.at) >= KEY_LIFE:
            return None
        if answer.digest != key.digest:
            raise Refused("Idempotence key duplicated", "Idempotence-Key")
        return answer.body


_OPEN = ("pending", "waiting_for_capture")


def _payment(item: Json) -> PaymentRecord:
    return PaymentRecord(**{**item, "answers": [Answer(**answer) for answer in item["answers"]]})


def _refund(item: Json) -> RefundRecord:
    return RefundRecord(**{**item, "answers": [Answer(**answer) for answer in item["answers"]]})
