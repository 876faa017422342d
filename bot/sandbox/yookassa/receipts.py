"""Receipts (54-FZ): what a shop that must send them demands, and the registered receipt it gets."""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.sandbox.yookassa.checks import read_amount
from bot.sandbox.yookassa.errors import Refused
from bot.sandbox.yookassa.money import Json

ILLEGAL = "Receipt is missing or illegal"
MOST_ITEMS = 80
VAT_CODES = range(1, 13)
TAX_SYSTEMS = range(1, 7)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"[0-9]{11,15}")
SUBJECTS = frozenset(
    {
        "commodity",
        "excise",
        "job",
        "service",
        "gambling_bet",
        "gambling_prize",
        "lottery",
        "lottery_prize",
        "intellectual_activity",
        "payment",
        "agent_commission",
        "property_right",
        "non_operating_gain",
        "insurance_premium",
        "sales_tax",
        "resort_fee",
        "composite",
        "another",
        "marked",
        "non_marked",
        "marked_excise",
        "non_marked_excise",
        "fine",
        "tax",
        "lien",
        "cost",
        "agent_withdrawals",
    }
)
MODES = frozenset(
    {
        "full_prepayment",
        "partial_prepayment",
        "advance",
        "full_payment",
        "partial_payment",
        "credit",
        "credit_payment",
    }
)


def check_receipt(receipt: Any, minor: int, *, required: bool, own_register: bool = False) -> None:
    """Refused with YooKassa's words when a receipt is missing though required, or breaks a rule.

    `minor` is what the items must add up to. Without a cash register of one's own the receipts come from
    "Чеки от ЮKassa", which wants an e-mail address and a measure and takes no tax system.
    """
    if receipt is None:
        if required:
            raise Refused(ILLEGAL, "receipt")
        return
    if not isinstance(receipt, dict):
        raise Refused(ILLEGAL, "receipt")
    _check_customer(receipt.get("customer"), own_register=own_register)
    _check_tax_system(receipt.get("tax_system_code"), own_register=own_register)
    items = receipt.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_ITEMS:
        raise Refused(ILLEGAL, "receipt.items")
    total = sum((_item_sum(item, own_register=own_register) for item in items), Decimal(0))
    if total != minor:
        raise Refused(ILLEGAL, "receipt.items.amount")


def registered(receipt: Json, *, number: int, kind: str, of: Json, at: str) -> Json:
    """A receipt object as `GET /receipts` lists it; `of` names the payment or refund it belongs to."""
    sign = int(hashlib.sha256(repr(of).encode()).hexdigest()[:8], 16)
    shown: Json = {
        "id": "rt_" + hashlib.sha256(repr((number, of)).encode()).hexdigest()[:36],
        "type": kind,
        **of,
        "status": "succeeded",
        "fiscal_document_number": str(number),
        "fiscal_storage_number": "9288000100115785",
        "fiscal_attribute": str(sign),
        "registered_at": at,
        "fiscal_provider_id": "fd9e9404-eaca-4000-8ec9-dc228ead2345",
        "items": receipt["items"],
    }
    if "tax_system_code" in receipt:
        shown["tax_system_code"] = receipt["tax_system_code"]
    return shown


def _check_customer(customer: Any, *, own_register: bool) -> None:
    if not isinstance(customer, dict):
        raise Refused(ILLEGAL, "receipt.customer")
    email, phone = customer.get("email"), customer.get("phone")
    if email is not None and not (isinstance(email, str) and EMAIL.fullmatch(email)):
        raise Refused(ILLEGAL, "receipt.customer.email")
    if phone is not None and not (isinstance(phone, str) and PHONE.fullmatch(phone)):
        raise Refused(ILLEGAL, "receipt.customer.phone")
    if email is None and (phone is None or not own_register):
        raise Refused(ILLEGAL, "receipt.customer")


def _check_tax_system(code: Any, *, own_register: bool) -> None:
    if code is None:
        return
    if not own_register or not _in_range(code, TAX_SYSTEMS):
        raise Refused(ILLEGAL, "receipt.tax_system_code")


def _item_sum(item: Any, *, own_register: bool) -> Decimal:
    if not isinstance(item, dict):
        raise Refused(ILLEGAL, "receipt.items")
    description = item.get("description")
    if not isinstance(description, str) or not 1 <= len(description) <= 128:
        raise Refused(ILLEGAL, "receipt.items.description")
    if not _in_range(item.get("vat_code"), VAT_CODES):
        raise Refused(ILLEGAL, "receipt.items.vat_code")
    if item.get("payment_subject", "service") not in SUBJECTS:
        raise Refused(ILLEGAL, "receipt.items.payment_subject")
    if item.get("payment_mode", "full_payment") not in MODES:
        raise Refused(ILLEGAL, "receipt.items.payment_mode")
    if not own_register and not isinstance(item.get("measure"), str):
        raise Refused(ILLEGAL, "receipt.items.measure")
    return _quantity(item.get("quantity")) * read_amount(item.get("amount"), "receipt.items.amount", lowest=0)


def _quantity(value: Any) -> Decimal:
    try:
        quantity = Decimal(str(value)) if isinstance(value, str | int | float) else Decimal(0)
    except InvalidOperation:
        raise Refused(ILLEGAL, "receipt.items.quantity") from None
    if not quantity.is_finite() or quantity <= 0:
        raise Refused(ILLEGAL, "receipt.items.quantity")
    return quantity


def _in_range(value: Any, allowed: range) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in allowed
