"""Currencies and what each way to pay takes of them: the one table of digits after the point and of limits.

Telegram's invoices: core.telegram.org/bots/payments/currencies.json says `exp`, `min_amount` and `max_amount`, about
1 and 10,000 US dollars, which move with the rates. Here stands what it said early in 2019 (roubles: as published later;
BYN and ETB, which came afterwards: our estimate), so it tells hopeless prices from possible ones and no more; what
Telegram refuses all the same is told and undone (docs/design.md#refused-by-telegram).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from babel.numbers import get_currency_precision

from db.payments.methods import XTR, PaymentMethod

# About one US dollar, in the smallest unit: the least that an invoice may be.
TELEGRAM_LEAST = {
    "AED": 367, "AFN": 7554, "ALL": 10908, "AMD": 48398, "ARS": 3720, "AUD": 139, "AZN": 170, "BAM": 171,
    "BDT": 8336, "BGN": 171, "BND": 134, "BOB": 687, "BRL": 377, "BYN": 250, "CAD": 132, "CHF": 99, "CLP": 666,
    "CNY": 674, "COP": 315595, "CRC": 60113, "CZK": 2251, "DKK": 654, "DOP": 5032, "DZD": 11872, "EGP": 1791,
    "ETB": 5500, "EUR": 87, "GBP": 75, "GEL": 266, "GTQ": 768, "HKD": 784, "HNL": 2427, "HRK": 650,
    "HUF": 27844, "IDR": 1406555, "ILS": 366, "INR": 7090, "ISK": 119, "JMD": 13153, "JPY": 109, "KES": 10032,
    "KGS": 6982, "KRW": 1119, "KZT": 37767, "LBP": 150080, "LKR": 18078, "MAD": 955, "MDL": 1703, "MNT": 261750,
    "MUR": 3438, "MVR": 1550, "MXN": 1898, "MYR": 412, "MZN": 6188, "NGN": 36174, "NIO": 3241, "NOK": 851,
    "NPR": 11299, "NZD": 146, "PAB": 99, "PEN": 333, "PHP": 5260, "PKR": 13921, "PLN": 376, "PYG": 6013,
    "QAR": 364, "RON": 417, "RSD": 10391, "RUB": 8653, "SAR": 373, "SEK": 904, "SGD": 135, "THB": 3156,
    "TJS": 938, "TRY": 526, "TTD": 675, "TWD": 3072, "TZS": 230200, "UAH": 2764, "UGX": 3657, "USD": 100,
    "UYU": 3246, "UZS": 832759, "VND": 23084, "YER": 25030, "ZAR": 1362,
}  # fmt: skip
# Telegram counts AFN, ALL, LBP, RSD and YER in hundredths, where Unicode's data has none.
WHOLE = {XTR, "CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND"}
CURRENCIES = frozenset(TELEGRAM_LEAST) | {XTR}
# YooKassa's API names these; a shop takes the one it was registered with, nearly always roubles.
YOOKASSA_CURRENCIES = frozenset(
    {"RUB", "USD", "EUR", "KZT", "BYN", "UAH", "UZS", "TRY", "INR", "MDL", "AZN", "AMD"}
)
MAX_AMOUNT = 2**31 - 1  # `amount_cents` and `price` are integer columns
STARS_MOST = 100_000
CARD_ROUBLES = (100, 35_000_000)  # kopecks; the fast payment system takes more, a card does not
DOLLARS = 10_000  # the most that an invoice may be, as a multiple of the least
MARGIN = 1.15  # above the least: it moves
MOVED = 4  # how far the most may have moved where it is not known anew


@dataclass(frozen=True, slots=True)
class Limits:
    """In the smallest unit, both included."""

    least: int
    most: int

    def take(self, amount: int) -> bool:
        return self.least <= amount <= self.most


def exponent(currency: str) -> int:
    """Digits after the point: Telegram's, else Unicode's."""
    if currency in CURRENCIES:
        return 0 if currency in WHOLE else 2
    return get_currency_precision(currency)


def limits(method: PaymentMethod, currency: str) -> Limits | None:
    """What a way to pay takes; None where it does not take the currency."""
    match method:
        case PaymentMethod.STARS:
            return Limits(1, STARS_MOST) if currency == XTR else None
        case PaymentMethod.LINK:
            if currency not in YOOKASSA_CURRENCIES:
                return None
            return Limits(*CARD_ROUBLES) if currency == "RUB" else Limits(1, MAX_AMOUNT)
        case PaymentMethod.INVOICE:
            return _telegram_limits(currency)


def _telegram_limits(currency: str) -> Limits | None:
    if currency not in TELEGRAM_LEAST:
        return None
    least = TELEGRAM_LEAST[currency]
    moved = 1 if currency in ("RUB", "USD") else MOVED
    return Limits(round(least * MARGIN), min(least * DOLLARS * moved, MAX_AMOUNT))


def takes(method: PaymentMethod, amount: int, currency: str) -> bool:
    found = limits(method, currency)
    return found is not None and found.take(amount)


def ways(methods: Sequence[str], currency: str) -> list[PaymentMethod]:
    """Those of these ways (of all, where none is named) that take the currency at some price."""
    named = [method for method in PaymentMethod if not methods or method in methods]
    return [method for method in named if limits(method, currency) is not None]


def untaken(methods: Sequence[str], amount: int, currency: str) -> Limits | None:
    """What some way takes, where none of these ways (all, where none is named) takes the amount; None where one
    does."""
    found = [one for method in ways(methods, currency) if (one := limits(method, currency)) is not None]
    if any(one.take(amount) for one in found) or not found:
        return None
    return Limits(min(one.least for one in found), max(one.most for one in found))
