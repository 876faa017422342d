"""What the API demands of a request body (YooKassa API v3; limits of its OpenAPI description)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from bot.sandbox.yookassa.errors import Refused
from bot.sandbox.yookassa.money import CURRENCY, VALUE, Json, minor_units

LOWEST = 1_00
HIGHEST: Mapping[str, int] = {
    "bank_card": 350_000_00,
    "yoo_money": 350_000_00,
    "sberbank": 350_000_00,
    "tinkoff_bank": 350_000_00,
    "sbp": 700_000_00,
}
LOCALES = ("ru_RU", "en_US")
METADATA_KEYS, METADATA_KEY, METADATA_VALUE = 16, 32, 512
DESCRIPTION, REFUND_DESCRIPTION, RETURN_URL, CUSTOMER_ID = 128, 250, 2048, 200
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://[^\s/]", re.IGNORECASE)
UNSAFE_SCHEMES = frozenset({"javascript", "data", "vbscript", "file", "blob"})
OTHER_CURRENCY = (
    "Incorrect currency of payment. The value of the amount.currency parameter doesn't correspond with the "
    "settings of your store. Specify another currency value in the request or contact the YooMoney manager "
    "to change the settings"
)
NO_RECURRING = "This store can't make recurring payments. Contact the YooMoney manager to learn more"


def read_object(raw: bytes) -> Json:
    """The JSON object of a request body; Refused for anything else, NaN and endless nesting included."""
    try:
        body = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused("Request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise Refused("Request body must be a JSON object")
    return body


def check_payment(body: Json) -> None:
    minor = read_amount(body.get("amount"))
    _boolean(body, "capture")
    _text(body, "description", DESCRIPTION)
    _text(body, "merchant_customer_id", CUSTOMER_ID)
    check_metadata(body.get("metadata"))
    _check_saved_methods(body)
    _check_confirmation(body.get("confirmation"))
    _check_method(body, minor)


def check_metadata(metadata: Any) -> None:
    if metadata is None:
        return
    if not isinstance(metadata, dict):
        raise Refused("Metadata must be an object", "metadata")
    if len(metadata) > METADATA_KEYS:
        raise Refused(f"Metadata has more than {METADATA_KEYS} keys", "metadata")
    for key, value in metadata.items():
        if not key or len(key) > METADATA_KEY:
            raise Refused(f"A metadata key is longer than {METADATA_KEY} characters or empty", "metadata")
        if not isinstance(value, str) or len(value) > METADATA_VALUE:
            raise Refused(
                f"A metadata value must be a string of at most {METADATA_VALUE} characters", f"metadata.{key}"
            )


def check_refund(body: Json) -> None:
    if not isinstance(body.get("payment_id"), str):
        raise Refused("Missing parameter payment_id", "payment_id")
    read_amount(body.get("amount"))
    _text(body, "description", REFUND_DESCRIPTION)


def read_amount(value: Any, parameter: str = "amount", *, lowest: int = LOWEST) -> int:
    """Kopecks of an amount object; the highest sum is the method's affair."""
    if not isinstance(value, dict):
        raise Refused(f"Missing parameter {parameter}", parameter)
    text, currency = value.get("value"), value.get("currency")
    if not isinstance(text, str) or not VALUE.fullmatch(text):
        raise Refused("The value must be a string with a dot and two decimal places", f"{parameter}.value")
    if not isinstance(currency, str):
        raise Refused("Missing parameter currency", f"{parameter}.currency")
    if currency != CURRENCY:
        raise Refused(OTHER_CURRENCY, f"{parameter}.currency")
    if minor_units(text) < lowest:
        raise Refused("Amount is less than the minimum", f"{parameter}.value")
    return minor_units(text)


def _check_confirmation(confirmation: Any) -> None:
    if not isinstance(confirmation, dict):
        raise Refused("Missing parameter confirmation", "confirmation")
    if confirmation.get("type") != "redirect":
        raise Refused("Only the redirect confirmation exists here", "confirmation.type")
    url = confirmation.get("return_url")
    if not isinstance(url, str) or len(url) > RETURN_URL or not is_return_url(url):
        raise Refused(
            f"return_url must be a URL of at most {RETURN_URL} characters", "confirmation.return_url"
        )
    if confirmation.get("locale", "ru_RU") not in LOCALES:
        raise Refused(f"Locale must be one of {', '.join(LOCALES)}", "confirmation.locale")


def is_return_url(url: str) -> bool:
    """An absolute URL, an application's own scheme included, that cannot carry a script."""
    scheme = SCHEME.match(url)
    return scheme is not None and scheme[1].lower() not in UNSAFE_SCHEMES


def _check_saved_methods(body: Json) -> None:
    _boolean(body, "save_payment_method")
    if body.get("save_payment_method") or body.get("payment_method_id"):
        raise Refused(NO_RECURRING, status=403, code="forbidden")


def _check_method(body: Json, minor: int) -> None:
    data = body.get("payment_method_data")
    if data is None:
        method = "bank_card" if body.get("capture") is not True else "sbp"
    elif isinstance(data, dict) and data.get("type") in HIGHEST:
        method = str(data["type"])
    else:
        raise Refused("Payment method is not available", "payment_method_data.type")
    if data is not None and method == "sbp" and body.get("capture") is not True:
        raise Refused("Payment method sbp has no two-stage payments: capture must be true", "capture")
    if minor > HIGHEST[method]:
        raise Refused("Amount is more than the maximum of the payment method", "amount.value")


def _boolean(body: Json, name: str) -> None:
    if not isinstance(body.get(name, False), bool):
        raise Refused(f"Parameter {name} must be true or false", name)


def _text(body: Json, name: str, longest: int) -> None:
    value = body.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > longest):
        raise Refused(f"Parameter {name} must be a string of at most {longest} characters", name)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
