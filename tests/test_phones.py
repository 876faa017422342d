"""Phone numbers as people type them."""

import pytest

from bot.chat.phones import WrongPhoneError, read_phone


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+7 912 345-67-89", "+79123456789"),
        ("8 (912) 345‑67‑89", "+79123456789"),
        ("79123456789", "+79123456789"),
        ("00 49 30 1234567", "+49301234567"),
        ("+٤٩ ٣٠ ١٢٣٤٥٦٧", "+49301234567"),
        ("\u2068+1.202.555.0143\u2069", "+12025550143"),
    ],
)
def test_a_number_in_its_form(written: str, number: str) -> None:
    assert read_phone(written) == number


@pytest.mark.parametrize(
    "written", ["", "9123456789", "+7", "+0123456789", "1" * 16, "+" + "1" * 16, "+7912x3456789"]
)
def test_what_is_none(written: str) -> None:
    with pytest.raises(WrongPhoneError):
        read_phone(written)
