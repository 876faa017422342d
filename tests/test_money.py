"""Money as people write it, and as it is kept: integers of the smallest unit."""

import re

import pytest

from bot.currencies import MAX_AMOUNT
from bot.money import (
    AmbiguousAmountError,
    OtherCurrencyError,
    from_minor_units,
    split_currency,
    to_minor_units,
)


@pytest.mark.parametrize(
    ("written", "currency", "amount"),
    [
        ("990", "RUB", 99000),
        ("990.5", "RUB", 99050),
        ("1 990,50", "RUB", 199050),
        ("1990.500", "RUB", 199050),
        ("0.500", "RUB", 50),
        ("1 234 567", "RUB", 123456700),
        ("1.234.567,50", "RUB", 123456750),
        ("1’990.50", "RUB", 199050),
        ("990 ₽", "RUB", 99000),
        ("250", "XTR", 250),
        ("250.0", "XTR", 250),
        ("0.01", "USD", 1),
    ],
)
def test_money_as_people_write_it(written: str, currency: str, amount: int) -> None:
    assert to_minor_units(written, currency) == amount


WRONG = [
    "1,990",
    "1.990",
    "990.500",
    "1,99,000",
    "1,990,50",
    "1 990 50",
    "0,500,000",
    "",
    "0",
    "-1",
    "1.555",
    "1 99",
    "1e3",
    "21474836.48",
    "NaN",
    "1.2.3",
]


@pytest.mark.parametrize(("written", "currency"), [*((one, "RUB") for one in WRONG), ("1.5", "XTR")])
def test_no_money(written: str, currency: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(written))):
        to_minor_units(written, currency)


@pytest.mark.parametrize(
    ("written", "currency", "allowed"),
    [("1.5551", "RUB", "RUB has at most 2 digits"), ("1.5", "XTR", "XTR has no digits")],
)
def test_how_much_may_follow_the_point_is_said(written: str, currency: str, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"{allowed} after the point"):
        to_minor_units(written, currency)


@pytest.mark.parametrize(
    ("written", "currency", "readings", "writings"),
    [
        ("1,990", "RUB", ("1990", "1.99"), ["1990", "1.99"]),
        ("1 990.500", "RUB", ("1990500", "1990.5"), ["1990500", "1990.5"]),
        ("12.555", "RUB", ("12555", "12.555"), ["12555"]),
        ("12.555", "KWD", ("12555", "12.555"), ["12555", "12.5550"]),
        ("1.000", "XTR", ("1000", "1"), ["1000", "1"]),
        ("1.990", "XTR", ("1990", "1.99"), ["1990"]),
    ],
)
def test_what_may_be_two_amounts_is_asked_back(
    written: str, currency: str, readings: tuple[str, ...], writings: list[str]
) -> None:
    with pytest.raises(AmbiguousAmountError) as raised:
        to_minor_units(written, currency)
    assert (raised.value.readings, raised.value.writings) == (readings, writings)
    assert str(raised.value).endswith(f"may be {' or '.join(readings)}; write {' or '.join(writings)}")
    assert len({to_minor_units(one, currency) for one in writings}) == len(writings)


def test_another_currency_is_named_and_the_largest_amount_is_the_last() -> None:
    for written, named in (
        ("10 $", "USD"),
        ("€10", "EUR"),
        ("10 ЗВЁЗД", "XTR"),
        ("$10 €", "EUR USD"),
        ("$10 .", "USD"),
        ("9 zł.", "ZŁ"),
    ):
        assert split_currency(written) == (re.sub(r"\D", "", written), named)
        with pytest.raises(OtherCurrencyError) as raised:
            to_minor_units(written, "RUB")
        assert raised.value.named == named
    assert split_currency("990 .") == ("990", "")
    largest = from_minor_units(MAX_AMOUNT, "RUB")
    assert to_minor_units(largest, "RUB") == MAX_AMOUNT
    for written in ("21474836.48", "9" * 64, "1" + "0" * 64, "9" * 5000):
        with pytest.raises(ValueError, match="is out of range"):
            to_minor_units(written, "RUB")


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [(99000, "RUB", "990.00"), (5, "USD", "0.05"), (250, "XTR", "250"), (1005, "KWD", "1.005")],
)
def test_as_the_catalogue_file_has_it(amount: int, currency: str, written: str) -> None:
    assert from_minor_units(amount, currency) == written
