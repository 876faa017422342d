"""Money back to the payer, in one sum or in parts."""

from __future__ import annotations

import copy
from datetime import timedelta

from bot.sandbox.yookassa.book import Book, Merchant, PaymentRecord, RefundRecord, RequestKey
from bot.sandbox.yookassa.checks import check_refund, read_amount
from bot.sandbox.yookassa.errors import Refused, not_found
from bot.sandbox.yookassa.money import Json, amount
from bot.sandbox.yookassa.payments import Announce
from bot.sandbox.yookassa.receipts import check_receipt
from bot.sandbox.yookassa.timestamps import REFUND_MARK, Clock, format_timestamp, new_id, parse_timestamp

REFUND_LIFE = timedelta(days=3 * 365)


class Refunds:
    def __init__(self, book: Book, clock: Clock, announce: Announce) -> None:
        self._book = book
        self._clock = clock
        self._announce = announce

    def create(self, merchant: Merchant, body: Json, key: RequestKey) -> Json:
        """Refused unless the payment of this shop succeeded and the sum is still there."""
        check_refund(body)
        payment = self._book.payments.get(body["payment_id"])
        if payment is None or payment.shop != merchant.shop_id:
            raise not_found("Payment", "payment_id")
        minor = read_amount(body["amount"])
        self._check(merchant, payment, minor, body.get("receipt"))
        record = self._new(merchant, payment, minor, body)
        self._book.remember(record, key, self.shown(record), self._clock())
        self._save_and_announce(record)
        return self.shown(record)

    def by_hand(self, merchant: Merchant, payment: PaymentRecord, minor: int | None) -> RefundRecord:
        """A refund made in the dashboard; None returns all that is left."""
        minor = self.left(payment) if minor is None else minor
        if minor < 1:
            raise Refused("Refund amount is greater than the amount left of the payment", "amount.value")
        self._check_sum(payment, minor)
        record = self._new(merchant, payment, minor, {})
        self._save_and_announce(record)
        return record

    def left(self, payment: PaymentRecord) -> int:
        """Kopecks that can still be returned; pending refunds have theirs reserved."""
        taken = sum(
            refund.amount for refund in self._book.refunds_of(payment.id) if refund.status != "canceled"
        )
        return payment.amount - taken

    def find(self, shop: str | None, refund_id: str) -> RefundRecord:
        record = self._book.refunds.get(refund_id)
        if record is None or (shop is not None and record.shop != shop):
            raise not_found("Refund", "refund_id")
        return record

    def settle(self, record: RefundRecord, *, reason: str | None = None) -> None:
        """Ends a pending refund: succeeded, or canceled for the reason given."""
        if record.status != "pending":
            raise Refused(f"Incorrect refund status: {record.status}", "refund_id")
        record.body["status"] = "succeeded" if reason is None else "canceled"
        if reason is not None:
            record.body["cancellation_details"] = {"party": "yoo_money", "reason": reason}
        if record.receipt is not None:
            record.body["receipt_registration"] = record.status
        self._save_and_announce(record)

    def shown(self, record: RefundRecord) -> Json:
        return copy.deepcopy(record.body)

    def _check(self, merchant: Merchant, payment: PaymentRecord, minor: int, receipt: Json | None) -> None:
        self._check_sum(payment, minor)
        partial = minor < payment.amount
        required = merchant.receipts_required and partial
        check_receipt(receipt, minor, required=required, own_register=merchant.own_register)

    def _check_sum(self, payment: PaymentRecord, minor: int) -> None:
        if payment.status != "succeeded":
            raise Refused(f"Incorrect payment status: {payment.status}", "payment_id")
        if self._clock() - parse_timestamp(payment.body["created_at"]) > REFUND_LIFE:
            raise Refused("The payment is too old to be refunded", "payment_id")
        if minor > self.left(payment):
            raise Refused("Refund amount is greater than the amount left of the payment", "amount.value")

    def _new(self, merchant: Merchant, payment: PaymentRecord, minor: int, request: Json) -> RefundRecord:
        now = self._clock()
        status = "pending" if merchant.refunds == "pending" else "succeeded"
        body: Json = {
            "id": new_id(now, REFUND_MARK),
            "payment_id": payment.id,
            "status": status,
            "created_at": format_timestamp(now),
            "amount": amount(minor, payment.body["amount"]["currency"]),
        }
        if request.get("description") is not None:
            body["description"] = request["description"]
        if request.get("receipt") is not None:
            body["receipt_registration"] = status
        return RefundRecord(self._book.next_seq(), merchant.shop_id, body, minor, request.get("receipt"))

    def _save_and_announce(self, record: RefundRecord) -> None:
        self._book.save_refund(record)
        if record.status == "succeeded":
            self._announce(record.shop, "refund.succeeded", self.shown(record))
