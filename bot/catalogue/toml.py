"""TOML whose fractions arrive as decimals, as prices and tolerances are."""

import tomllib
from decimal import Decimal, InvalidOperation
from typing import Any

MOST_DIGITS = 30  # before the point, or zeros behind it


def loads(source: str) -> dict[str, Any]:
    """Raises ValueError, with the line where there is one."""
    try:
        return tomllib.loads(source, parse_float=_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _number(written: str) -> Decimal:
    """A decimal of any exponent would be millions of digits once it is written out; nan compares with nothing."""
    try:
        number = Decimal(written)
    except InvalidOperation:
        number = Decimal("inf")
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError(f"{written[:40]} is no number, or too large")
    return number
