"""The life of a payment: made, paid or declined, captured, canceled, run out."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.sandbox.yookassa import cards
from bot.sandbox.yookassa.book import Book, Merchant, PaymentRecord, RequestKey
from bot.sandbox.yookassa.cards import Card
from bot.sandbox.yookassa.checks import check_payment, read_amount
from bot.sandbox.yookassa.errors import Refused, not_found
from bot.sandbox.yookassa.money import Json, amount, net_of_fee
from bot.sandbox.yookassa.receipts import check_receipt
from bot.sandbox.yookassa.timestamps import PAYMENT_MARK, Clock, format_timestamp, new_id, parse_timestamp

LINK_LIFE = timedelta(hours=1)
HOLD_LIFE = timedelta(days=7)
CARD_HIGHEST = 350_000_00
Announce = Callable[[str, str, Json], None]  # shop, event, object


class Payments:
    """Every method that changes a payment saves it and announces its event."""

    def __init__(self, book: Book, clock: Clock, announce: Announce) -> None:
        self._book = book
        self._clock = clock
        self._announce = announce

    def create(self, merchant: Merchant, body: Json, key: RequestKey) -> Json:
        check_payment(body)
        minor = read_amount(body["amount"])
        check_receipt(
            body.get("receipt"),
            minor,
            required=merchant.receipts_required,
            own_register=merchant.own_register,
        )
        record = self._new(merchant, minor, body)
        record.body["confirmation"] = copy.deepcopy(body["confirmation"])
        shown = self.shown(record)
        self._book.remember(record, key, shown, self._clock())
        self._book.save_payment(record)
        return shown

    def create_paid(self, merchant: Merchant, minor: int, currency: str, request: Json) -> PaymentRecord:
        """A payment that came through a Telegram invoice: born and paid in one moment."""
        record = self._new(merchant, minor, {"capture": True, **request})
        record.body["amount"]["currency"] = currency
        self._pay(record, cards.method_of(cards.DEFAULT, record.id))
        return record

    def find(self, shop: str | None, payment_id: str) -> PaymentRecord:
        """The payment as of now, of the shop if one is named; Refused 404."""
        record = self._book.payments.get(payment_id)
        if record is None or (shop is not None and record.shop != shop):
            raise not_found("Payment", "payment_id")
        self._run_out(record, self._clock())
        return record

    def pay_by_card(self, record: PaymentRecord, card: Card) -> None:
        """Refused unless it awaits payment; a declining card cancels the payment for good."""
        self._require(record, "pending")
        if record.amount > CARD_HIGHEST:
            raise Refused("Amount is more than the maximum of the payment method", "amount.value")
        method = cards.method_of(card, record.id)
        if card.reason is None:
            self._pay(record, method, secure=card.secure)
        else:
            self._cancel(record, card.reason, "payment_network", method)

    def pay_by_sbp(self, record: PaymentRecord) -> None:
        self._require(record, "pending")
        if not record.capture:
            raise Refused("Payment method sbp has no two-stage payments", "payment_method_data.type")
        self._pay(record, cards.sbp_method(record.id))

    def pay_by_wallet(self, record: PaymentRecord) -> None:
        self._require(record, "pending")
        self._pay(record, cards.wallet_method(record.id))

    def decline(self, record: PaymentRecord, reason: str = "general_decline") -> None:
        self._require(record, "pending")
        self._cancel(record, reason, "payment_network", cards.method_of(cards.DEFAULT, record.id))

    def capture(self, record: PaymentRecord, body: Json, key: RequestKey | None = None) -> Json:
        """Takes the held sum, or a part of it; the rest goes back to the payer."""
        self._require(record, "waiting_for_capture")
        minor = read_amount(body["amount"]) if body.get("amount") is not None else record.amount
        if minor > record.amount:
            raise Refused("Amount is more than was held", "amount.value")
        if body.get("receipt") is not None:
            check_receipt(body["receipt"], minor, required=False, own_register=True)
            record.receipt = body["receipt"]
        record.amount = minor
        record.body["amount"] = amount(minor, record.body["amount"]["currency"])
        return self._answered(record, key, self._succeed)

    def cancel(self, record: PaymentRecord, key: RequestKey | None = None) -> Json:
        """Gives the held sum back; a link not yet paid cannot be revoked."""
        self._require(record, "waiting_for_capture")
        return self._answered(record, key, lambda it: self._cancel(it, "canceled_by_merchant", "merchant"))

    def expire(self, record: PaymentRecord) -> None:
        """Ends link or hold as if its time had come."""
        if record.status not in ("pending", "waiting_for_capture"):
            raise Refused(f"Incorrect payment status: {record.status}", "payment_id")
        self._run_out(record, parse_timestamp(record.expires_at))

    def expire_overdue(self) -> None:
        now = self._clock()
        for record in self._book.open_payments():
            self._run_out(record, now)

    def shown(self, record: PaymentRecord) -> Json:
        """The API object as of now, without the link's origin (see `Shop.linked`)."""
        shown = copy.deepcopy(record.body)
        if record.status == "succeeded":
            refunds = self._book.refunds_of(record.id)
            returned = sum(refund.amount for refund in refunds if refund.status == "succeeded")
            reserved = sum(refund.amount for refund in refunds if refund.status != "canceled")
            shown["refunded_amount"] = amount(returned, shown["amount"]["currency"])
            shown["refundable"] = reserved < record.amount
        return shown

    def _new(self, merchant: Merchant, minor: int, request: Json) -> PaymentRecord:
        now = self._clock()
        body: Json = {
            "id": new_id(now, PAYMENT_MARK),
            "status": "pending",
            "amount": amount(minor),
            "recipient": {"account_id": merchant.shop_id, "gateway_id": "1000000"},
            "created_at": format_timestamp(now),
            "test": merchant.test,
            "paid": False,
            "refundable": False,
            "metadata": dict(request.get("metadata") or {}),
        }
        for name in ("description", "merchant_customer_id"):
            if request.get(name) is not None:
                body[name] = request[name]
        if request.get("receipt") is not None:
            body["receipt_registration"] = "pending"
        confirmation = request.get("confirmation") or {}
        return PaymentRecord(
            seq=self._book.next_seq(),
            shop=merchant.shop_id,
            body=body,
            amount=minor,
            capture=request.get("capture") is True,
            expires_at=format_timestamp(now + LINK_LIFE),
            receipt=request.get("receipt"),
            method_wanted=(request.get("payment_method_data") or {}).get("type"),
            return_url=confirmation.get("return_url"),
            locale=confirmation.get("locale", "ru_RU"),
        )

    def _pay(self, record: PaymentRecord, method: Json, *, secure: bool = False) -> None:
        record.body["payment_method"] = method
        record.body["paid"] = True
        record.body.pop("confirmation", None)
        if method["type"] == "bank_card":
            record.body["authorization_details"] = _authorization(secure)
        if record.capture:
            self._succeed(record)
            return
        deadline = format_timestamp(self._clock() + HOLD_LIFE)
        record.body.update(status="waiting_for_capture", expires_at=deadline)
        record.expires_at = deadline
        self._moved(record)

    def _succeed(self, record: PaymentRecord) -> None:
        record.body.update(status="succeeded", paid=True, captured_at=format_timestamp(self._clock()))
        record.body["income_amount"] = amount(net_of_fee(record.amount), record.body["amount"]["currency"])
        record.body.pop("expires_at", None)
        if record.receipt is not None:
            record.body["receipt_registration"] = "succeeded"
        self._moved(record)

    def _cancel(self, record: PaymentRecord, reason: str, party: str, method: Json | None = None) -> None:
        record.body.update(status="canceled", paid=False, refundable=False)
        record.body["cancellation_details"] = {"party": party, "reason": reason}
        if method is not None:
            record.body["payment_method"] = method
        if record.receipt is not None:
            record.body["receipt_registration"] = "canceled"
        record.body.pop("confirmation", None)
        record.body.pop("expires_at", None)
        self._moved(record)

    def _run_out(self, record: PaymentRecord, now: datetime) -> None:
        if record.status == "pending" and now >= parse_timestamp(record.expires_at):
            self._cancel(record, "expired_on_confirmation", "yoo_money")
        elif record.status == "waiting_for_capture" and now >= parse_timestamp(record.expires_at):
            self._cancel(record, "expired_on_capture", "yoo_money")

    def _answered(
        self, record: PaymentRecord, key: RequestKey | None, change: Callable[[PaymentRecord], None]
    ) -> Json:
        change(record)
        shown = self.shown(record)
        if key is not None:
            self._book.remember(record, key, shown, self._clock())
            self._book.save_payment(record)
        return shown

    def _moved(self, record: PaymentRecord) -> None:
        self._book.save_payment(record)
        self._announce(record.shop, f"payment.{record.status}", self.shown(record))

    def _require(self, record: PaymentRecord, status: str) -> None:
        self._run_out(record, self._clock())
        if record.status != status:
            raise Refused(f"Incorrect payment status: {record.status}, {status} is wanted", "payment_id")


def _authorization(secure: bool) -> Json:
    return {
        "rrn": str(secrets.randbelow(10**12)).zfill(12),
        "auth_code": str(secrets.randbelow(10**6)).zfill(6),
        "three_d_secure": {"applied": secure},
    }
