"""A phone number as a person types it. Whether anybody answers there is not asked."""

import re

from db.normal import number_form

E164 = re.compile(r"\+[1-9][0-9]{7,14}")
BETWEEN = re.compile(r"[\s().\-]+")  # number_form has made every dash a "-"
RUSSIAN = re.compile(
    r"[78]([3489][0-9]{9})"
)  # as it is dialled at home, or with the country's code but no plus


class WrongPhoneError(ValueError):
    pass


def read_phone(text: str) -> str:
    """In E.164, with its plus. Raises WrongPhoneError: another country's number has to bear its plus."""
    digits = BETWEEN.sub("", number_form(text))
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if match := RUSSIAN.fullmatch(digits):
        digits = f"+7{match[1]}"
    if not E164.fullmatch(digits):
        raise WrongPhoneError
    return digits
