"""Amounts as YooKassa writes them ("499.00") and as whole kopecks; no float in between."""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]

VALUE = re.compile(r"[0-9]{1,10}\.[0-9]{2}")
CURRENCY = "RUB"
FEE_PER_MILLE = 35


def written(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def amount(minor: int, currency: str = CURRENCY) -> Json:
    return {"value": written(minor), "currency": currency}


def minor_units(value: str) -> int:
    """Kopecks of a value that matches VALUE; ValueError for any other text."""
    if not VALUE.fullmatch(value):
        raise ValueError(f"not an amount: {value!r}")
    return int(value.replace(".", ""))


def net_of_fee(minor: int) -> int:
    """What the shop receives: a fee of 3.5 %, half a kopeck rounded up, is kept by the provider."""
    return minor - (minor * FEE_PER_MILLE + 500) // 1000
