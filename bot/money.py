"""Money in the smallest unit of its currency: integers only."""

import re

from bot.currencies import MAX_AMOUNT, exponent
from db.normal import AMBIGUOUS_NUMBER, WRITTEN_NUMBER, number_form, promo_form
from db.payments.methods import XTR

PRICED = re.compile(r"(?P<before>[^\d+-]*?) ?(?P<number>[+-]?\d(?:[\d .,'’]*\d)?) ?(?P<after>[^\d]*)")
CURRENCY_WORDS = {
    "RUB": "₽ р руб рубль рубля рублей рубли rur ruble rubles rouble roubles",
    XTR: "⭐ ★ 🌟 star stars звезда звезды звезд зв",
    "USD": "$ us$ доллар доллара долларов dollar dollars",
    "EUR": "€ евро euro euros",
    "GBP": "£ фунт фунта фунтов pound pounds",
    "UAH": "₴ грн гривна гривны гривен",
    "KZT": "₸ тг тенге tenge",
    "INR": "₹",
    "TRY": "₺",
    "ILS": "₪",
    "GEL": "₾ лари",
    "AMD": "֏ драм драмов",
    "AZN": "₼ манат манатов",
}
CURRENCY_OF_WORD = {word: code for code, words in CURRENCY_WORDS.items() for word in words.split()}


class AmbiguousAmountError(ValueError):
    """`readings` are what it may mean; `writings` how the possible ones are written without doubt."""

    def __init__(self, written: str, currency: str) -> None:
        head, tail = re.split(r"[.,]", written)
        thousands, fraction = re.sub(r"\D", "", head), tail.rstrip("0")
        point = f"{thousands}.{fraction}" if fraction else thousands
        self.readings = thousands + tail, point
        self.writings = [thousands + tail]
        if len(fraction) <= exponent(currency):
            self.writings.append(point + "0" if len(fraction) == 3 else point)
        super().__init__(
            f"{written!r} may be {' or '.join(self.readings)}; write {' or '.join(self.writings)}"
        )


class OtherCurrencyError(ValueError):
    def __init__(self, named: str) -> None:
        self.named = named
        super().__init__(f"{named} is another currency")


def to_minor_units(written: str, currency: str) -> int:
    """Reads 990, 990.5, 990,50, 1 990.50, 1,990.50 and 1.990,50 where a currency has kopecks, whole numbers elsewhere;
    990 ₽ too, where that is the currency.

    Raises ValueError; AmbiguousAmountError for 1,990 and 12.500, where thousands and a fraction look the same.
    """
    number, named = split_currency(written)
    if named not in ("", currency):
        raise OtherCurrencyError(named)
    match = WRITTEN_NUMBER.fullmatch(number)
    if match is None:
        raise ValueError(f"{written!r} is not an amount such as 990 or 990.50")
    if AMBIGUOUS_NUMBER.fullmatch(number):
        raise AmbiguousAmountError(number, currency)
    whole, rest = re.sub(r"\D", "", match["whole"]), (match["rest"] or "").rstrip("0")
    digits = exponent(currency)
    if len(rest) > digits:
        allowed = f"at most {digits} digits after the point" if digits else "no digits after the point"
        raise ValueError(f"{written!r}: {currency} has {allowed}")
    # Python refuses to read numbers of thousands of digits.
    amount = int(whole + rest.ljust(digits, "0")) if len(whole) <= 64 else 0
    if not 0 < amount <= MAX_AMOUNT:
        raise ValueError(f"{written!r} is out of range")
    return amount


def split_currency(written: str) -> tuple[str, str]:
    """A number and the currency that stands before or after it, as in 990₽, $10, 990 руб. or 10 stars.

    The currency is empty where there is none, and in capitals as it was written where it is unknown. Raises
    ValueError where there is no number.
    """
    match = PRICED.fullmatch(number_form(written))
    if match is None:
        raise ValueError(f"{written!r} is not an amount such as 990 or 990.50")
    named = {_currency(word) for word in (match["before"], match["after"]) if word.strip(". ")}
    return match["number"], " ".join(sorted(named))


def _currency(word: str) -> str:
    plain = promo_form(word).strip(". ").replace("ё", "е")
    return CURRENCY_OF_WORD.get(plain, plain.upper())


def from_minor_units(amount: int, currency: str) -> str:
    """With a point, as the catalogue file has it: 990.00."""
    digits = exponent(currency)
    whole, rest = divmod(amount, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)
