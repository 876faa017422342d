"""What YooKassa answers. What decides about money is read strictly: an answer in which it can't be read means that
the outcome is unknown. Everything else is for show: missing, empty, new or of another type, it is left out.

What decides of a payment: id, status, paid, amount, currency, metadata, test, recipient; of a refund: id, payment_id,
status, amount, currency.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TypeVar

from bot.raw_json import Json, Unreadable, read_item, reason_of, word

T = TypeVar("T")
# The SDK's FiscalizationProvider names these two as "Чеки от ЮKassa".
OWN_RECEIPTS = {"avanpost", "yoo_receipt"}
VALUE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?")
MAX_SHOWN = 500  # characters of what is only for show
URL = re.compile(r"https?://[!-~]{1,2000}")
NOT_STORED = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes neither in a text


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
    """Amounts in minor units; `recipient` is the shop's account_id, `link` the page to pay on while there is one.
    From `refunded` on, all is for show: None (or nothing returned) where the answer has none that can be read."""

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
    created_at: datetime | None
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
    """What `parse` makes of the answer; ProviderUnknownError when a field that decides is missing or of another
    kind."""
    try:
        return parse(_object(answer))
    except (KeyError, TypeError, ValueError) as error:
        raise ProviderUnknownError(f"unexpected answer: {reason_of(error)}") from error


def payment_of(item: Json) -> ProviderPayment:
    amount, currency = _amount(item["amount"])
    return ProviderPayment(
        id=word(item["id"]),
        status=word(item["status"]),
        paid=_flag(item["paid"]),
        amount=amount,
        currency=currency,
        metadata=_metadata(item.get("metadata")),
        test=_flag(item["test"]),
        recipient=_recipient(item.get("recipient")),
        refunded=_shown(partial(_minor_units_of, currency), item, "refunded_amount") or 0,
        link=_shown(_url, item, "confirmation", "confirmation_url"),
        created_at=_shown(_timestamp, item, "created_at"),
        captured_at=_shown(_timestamp, item, "captured_at"),
        cancellation=_shown(_text, item, "cancellation_details", "reason"),
        receipt_registration=_shown(_text, item, "receipt_registration"),
        method_title=_shown(_text, item, "payment_method", "title")
        or _shown(_text, item, "payment_method", "type"),
    )


def refund_of(item: Json) -> ProviderRefund:
    amount, currency = _amount(item["amount"])
    return ProviderRefund(
        id=word(item["id"]),
        payment_id=word(item["payment_id"]),
        status=word(item["status"]),
        amount=amount,
        currency=currency,
        cancellation=_shown(_text, item, "cancellation_details", "reason"),
        description=_shown(_text, item, "description"),
    )


def account_of(item: Json) -> ShopAccount:
    """`fiscalization_enabled` is the older name of `fiscalization.enabled`; the account id was a number once."""
    given = item.get("fiscalization")
    fiscalization = given if isinstance(given, dict) else {}
    methods = item.get("payment_methods")
    return ShopAccount(
        account_id=_text(str(item["account_id"])),
        status=word(item["status"]),
        test=_flag(item["test"]),
        fiscalization=bool(fiscalization.get("enabled") or item.get("fiscalization_enabled")),
        own_receipts=str(fiscalization.get("provider")) in OWN_RECEIPTS,
        methods=tuple(one for one in (methods if isinstance(methods, list) else ()) if isinstance(one, str)),
    )


def page_of(parse: Callable[[Json], T]) -> Callable[[Json], tuple[list[T | Unreadable], object]]:
    """Reads one page of a list: its items, each by itself, and the cursor of the next page as it came."""

    def parse_page(answer: Json) -> tuple[list[T | Unreadable], object]:
        items = answer["items"]
        if not isinstance(items, list):
            raise TypeError("items is not a list")
        return [read_item(parse, item) for item in items], answer.get("next_cursor")

    return parse_page


def minor_units(value: object) -> int:
    """Hundredths of a decimal text, exactly; ValueError or TypeError for anything else, numbers included."""
    if not isinstance(value, str):
        raise TypeError(f"an amount is a text, not {type(value).__name__}")
    if not VALUE.fullmatch(value):
        raise ValueError("not an amount")
    return int(Decimal(value) * 100)


def _amount(item: object) -> tuple[int, str]:
    amount = _object(item)
    return minor_units(amount["value"]), word(amount["currency"])


def _minor_units_of(currency: str, item: object) -> int:
    amount, found = _amount(item)
    if found != currency:
        raise ValueError("another currency")
    return amount


def _metadata(value: object) -> dict[str, str]:
    """Ours are texts; whatever else it holds is not compared with anything."""
    found = {} if value is None or value == [] else _object(value)
    return {str(key): str(one) for key, one in found.items()}


def _recipient(value: object) -> str | None:
    if value is None:
        return None
    found = _object(value).get("account_id")
    return None if found is None else word(found)


def _shown(parse: Callable[[object], T], item: object, *names: str) -> T | None:
    """A field that decides nothing, at the end of `names`; None where it can't be read."""
    for name in names:
        item = item.get(name) if isinstance(item, dict) else None
    try:
        return parse(item)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _timestamp(value: object) -> datetime:
    timestamp = datetime.fromisoformat(_text(value))
    if timestamp.tzinfo is None:
        raise ValueError(f"a timestamp without an offset: {value!r}")
    return timestamp.astimezone(UTC)


def _url(value: object) -> str:
    """Whole or not at all, for a button."""
    if not isinstance(value, str) or not URL.fullmatch(value):
        raise TypeError("an address is wanted")
    return value


def _object(value: object) -> Json:
    if not isinstance(value, dict):
        raise TypeError(f"an object is wanted, not {type(value).__name__}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"a text is wanted, not {type(value).__name__}")
    return NOT_STORED.sub("\N{REPLACEMENT CHARACTER}", value)[:MAX_SHOWN]


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"true or false is wanted, not {type(value).__name__}")
    return value
