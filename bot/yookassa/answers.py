"""What YooKassa answers, read strictly: an answer that cannot be read means the outcome is unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

Json = Mapping[str, Any]
T = TypeVar("T")
# The SDK's FiscalizationProvider names these two as "Чеки от ЮKassa".
OWN_RECEIPTS = {"avanpost", "yoo_receipt"}
VALUE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?")


class ProviderRefusedError(Exception):
    """A 4xx with a readable error: nothing happened, this attempt is over, a new one takes a new key."""

    def __init__(self, status: int, code: str, description: str, parameter: str | None = None) -> None:
        super().__init__(f"{status} {code}: {description}" + (f" ({parameter})" if parameter else ""))
        self.status = status
        self.code = code
        self.description = description
        self.parameter = parameter


class ProviderUnknownError(Exception):
    """Time-out, network, 5xx, 429, broken or unexpected answer: repeat the same key with the same body.

    `retry_after` is in seconds, where the provider named a pause.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class ProviderPayment:
    """Amounts in minor units; `recipient` is the shop's account_id, `link` the page to pay on while there is one."""

    id: str
    status: str
    paid: bool
    amount: int
    currency: str
    metadata: Mapping[str, str]
    test: bool
    recipient: str | None
    refunded: int
    link: str | None
    created_at: datetime
    captured_at: datetime | None
    cancellation: str | None
    receipt_registration: str | None
    method_title: str | None


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """`amount` in minor units; `cancellation` is the reason."""

    id: str
    payment_id: str
    status: str
    amount: int
    currency: str
    created_at: datetime
    cancellation: str | None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class ShopAccount:
    """The shop behind the credentials. `status` is "enabled" or "disabled"; `fiscalization`: it must send
    receipts; `own_receipts`: by "Чеки от ЮKassa", not by a cash register of its own."""

    account_id: str
    status: str
    test: bool
    fiscalization: bool
    own_receipts: bool
    methods: tuple[str, ...]


def read(parse: Callable[[Json], T], answer: object) -> T:
    """What `parse` makes of the answer; ProviderUnknownError when a field is missing or of another kind."""
    try:
        return parse(_object(answer))
    except (KeyError, TypeError, ValueError) as error:
        raise ProviderUnknownError(f"unexpected answer: {type(error).__name__}: {error}") from error


def payment_of(item: Json) -> ProviderPayment:
    amount, currency = _amount(item["amount"])
    return ProviderPayment(
        id=_text(item["id"]),
        status=_text(item["status"]),
        paid=_flag(item["paid"]),
        amount=amount,
        currency=currency,
        metadata={str(key): str(value) for key, value in _object(item.get("metadata") or {}).items()},
        test=_flag(item["test"]),
        recipient=_inner(item, "recipient", "account_id"),
        refunded=_amount(item["refunded_amount"])[0] if item.get("refunded_amount") else 0,
        link=_inner(item, "confirmation", "confirmation_url"),
        created_at=_timestamp(item["created_at"]),
        captured_at=_timestamp(item["captured_at"]) if item.get("captured_at") else None,
        cancellation=_inner(item, "cancellation_details", "reason"),
        receipt_registration=_optional(item.get("receipt_registration")),
        method_title=_inner(item, "payment_method", "title") or _inner(item, "payment_method", "type"),
    )


def refund_of(item: Json) -> ProviderRefund:
    amount, currency = _amount(item["amount"])
    return ProviderRefund(
        id=_text(item["id"]),
        payment_id=_text(item["payment_id"]),
        status=_text(item["status"]),
        amount=amount,
        currency=currency,
        created_at=_timestamp(item["created_at"]),
        cancellation=_inner(item, "cancellation_details", "reason"),
        description=_optional(item.get("description") or None),
    )


def account_of(item: Json) -> ShopAccount:
    """`fiscalization_enabled` is the older name of `fiscalization.enabled`; the account id was a number once."""
    fiscalization = _object(item.get("fiscalization") or {})
    return ShopAccount(
        account_id=_text(str(item["account_id"])),
        status=_text(item["status"]),
        test=_flag(item["test"]),
        fiscalization=bool(fiscalization.get("enabled") or item.get("fiscalization_enabled")),
        own_receipts=fiscalization.get("provider") in OWN_RECEIPTS,
        methods=tuple(_text(method) for method in item.get("payment_methods") or ()),
    )


def page_of(parse: Callable[[Json], T]) -> Callable[[Json], tuple[list[T], str | None]]:
    """Reads one page of a list: its items and the cursor of the next page."""

    def parse_page(answer: Json) -> tuple[list[T], str | None]:
        items = answer["items"]
        if not isinstance(items, list):
            raise TypeError("items is not a list")
        return [parse(_object(item)) for item in items], _optional(answer.get("next_cursor"))

    return parse_page


def minor_units(value: object) -> int:
    """Hundredths of a decimal text, exactly; ValueError or TypeError for anything else, numbers included."""
    if not VALUE.fullmatch(_text(value)):
        raise ValueError(f"not an amount: {value!r}")
    return int(Decimal(_text(value)) * 100)


def _amount(item: object) -> tuple[int, str]:
    amount = _object(item)
    return minor_units(amount["value"]), _text(amount["currency"])


def _timestamp(value: object) -> datetime:
    timestamp = datetime.fromisoformat(_text(value))
    if timestamp.tzinfo is None:
        raise ValueError(f"a timestamp without an offset: {value!r}")
    return timestamp.astimezone(UTC)


def _inner(item: Json, outer: str, name: str) -> str | None:
    return _optional(_object(item[outer]).get(name)) if item.get(outer) else None


def _object(value: object) -> Json:
    if not isinstance(value, dict):
        raise TypeError(f"an object is wanted, not {type(value).__name__}")
    return value


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"a text is wanted, not {value!r}")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"true or false is wanted, not {value!r}")
    return value
