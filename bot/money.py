"""Money in the smallest unit of its currency: integers only."""

import re

from db.payments.methods import XTR

WRITTEN = re.compile(r"(?P<whole>\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+)(?:[.,](?P<rest>\d+))?")
ZERO_DECIMAL = {XTR, "JPY", "KRW", "VND", "CLP", "UGX", "ISK", "PYG", "KMF", "RWF", "XAF", "XOF", "XPF"}
MAX_AMOUNT = 2**31 - 1  # `amount_cents` and `price` are integer columns


def exponent(currency: str) -> int:
    """Digits after the point: Telegram's `exp`; Stars have none."""
    return 0 if currency in ZERO_DECIMAL else 2


def to_minor_units(written: str, currency: str) -> int:
    """Reads 990, 990.5, 990,50 and 1 990.50 where a currency has kopecks, whole numbers elsewhere. Raises
    ValueError."""
    match = WRITTEN.fullmatch(written.strip())
    if match is None:
        raise ValueError(f"{written!r} is not an amount such as 990 or 990.50")
    digits = exponent(currency)
    rest = (match["rest"] or "").rstrip("0")
    if len(rest) > digits:
        allowed = f"at most {digits} digits after the point" if digits else "no digits after the point"
        raise ValueError(f"{written!r}: {currency} has {allowed}")
    whole = re.sub(r"\D", "", match["whole"])
    amount = int(whole + rest.ljust(digits, "0"))
    if not 0 < amount <= MAX_AMOUNT:
        raise ValueError(f"{written!r} is out of range")
    return amount
