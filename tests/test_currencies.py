"""Digits after the point come from one table, and what no way to pay takes is known before it goes on sale."""

import pytest
from aiogram.enums import Currency
from babel.numbers import get_currency_precision

from bot.catalogue.tables import OfferTable
from bot.currencies import CURRENCIES, exponent, takes
from db.payments.methods import XTR, PaymentMethod

TELEGRAMS_OWN = {"AFN", "ALL", "LBP", "RSD", "YER"}  # in hundredths, as its currencies.json has them


def test_currencies_are_telegrams() -> None:
    assert {one.value for one in Currency} | {XTR} == CURRENCIES


@pytest.mark.parametrize(
    "currency", sorted({*CURRENCIES, "KWD", "BHD", "JOD", "OMR", "TND", "LYD", "XOF"} - {XTR})
)
def test_digits_agree_with_unicodes(currency: str) -> None:
    expected = 2 if currency in TELEGRAMS_OWN else get_currency_precision(currency)
    assert exponent(currency) == expected


@pytest.mark.parametrize(
    ("method", "amount", "currency", "taken"),
    [
        (PaymentMethod.STARS, 100_000, XTR, True),
        (PaymentMethod.STARS, 100_001, XTR, False),
        (PaymentMethod.STARS, 1, "RUB", False),
        (PaymentMethod.LINK, 99, "RUB", False),
        (PaymentMethod.LINK, 100, "RUB", True),
        (PaymentMethod.LINK, 35_000_000, "RUB", True),
        (PaymentMethod.LINK, 35_000_001, "RUB", False),
        (PaymentMethod.LINK, 100, "ARS", False),
        (PaymentMethod.INVOICE, 5_000, "RUB", False),
        (PaymentMethod.INVOICE, 10_000, "RUB", True),
        (PaymentMethod.INVOICE, 86_530_476, "RUB", False),
        (PaymentMethod.INVOICE, 99, "USD", False),
        (PaymentMethod.INVOICE, 10_000, "KWD", False),
    ],
)
def test_limits(method: PaymentMethod, amount: int, currency: str, taken: bool) -> None:
    assert takes(method, amount, currency) is taken


@pytest.mark.parametrize(
    ("price", "currency", "methods"),
    [("300000", "XTR", []), ("50", "RUB", ["invoice"]), ("0.50", "RUB", []), ("10", "KWD", [])],
)
def test_the_catalogue_refuses_what_no_way_takes(price: str, currency: str, methods: list[str]) -> None:
    with pytest.raises(ValueError, match=r"price: no way to pay|currency:"):
        OfferTable.model_validate(
            {"key": "a", "days": 30, "price": price, "currency": currency, "methods": methods}
        )
