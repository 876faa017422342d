"""What admins write after a command, read word by word; what was wrong is told exactly, before anything changes."""

import re
from collections.abc import Sequence
from enum import StrEnum, auto
from functools import partial

from bot.chat.commands import Command
from bot.chat.products import NUMBER_SIGN, find_products
from bot.currencies import CURRENCIES, exponent
from bot.money import AmbiguousAmountError, OtherCurrencyError, split_currency, to_minor_units
from db.access.limits import MAX_DAYS
from db.errors import ProductUnknown, Refused
from db.normal import MAX_CODE, clean_text, number_form
from db.shop.offers import ProductSummary

MAX_ID = 2**63 - 1  # bigint
MAX_COUNT = 2**31 - 1  # integer

WHOLE = re.compile(r"[+-]?[0-9]+")


class Problem(StrEnum):
    MISSING = auto()
    TOO_MANY = auto()
    NOT_WHOLE = auto()
    OUT_OF_RANGE = auto()
    TOO_LONG = auto()
    NO_CURRENCY = auto()
    NO_PRICE = auto()
    NO_WHOLE_PRICE = auto()
    AMBIGUOUS = auto()
    OTHER_CURRENCY = auto()
    UNKNOWN = auto()
    SEVERAL = auto()


class WrongArguments(Refused):
    """`argument` as the command's usage names it, `written` as the person wrote it; `low` and `high` bound numbers,
    and `high` the length of texts. `readings` and `writings` are of an ambiguous amount, in `currency`."""

    command: Command
    problem: Problem
    argument: str
    written: str = ""
    low: int = 0
    high: int = 0
    currency: str = ""
    readings: tuple[str, ...] = ()
    writings: tuple[str, ...] = ()


class Arguments:
    """Takes the words one after another; each method raises WrongArguments."""

    def __init__(self, command: Command, written: str | None) -> None:
        self._command = command
        # Each by itself as well: quotes may stand around a word.
        words = map(clean_text, clean_text(written or "").split())
        self._words = [word for word in words if word]

    @property
    def left(self) -> bool:
        return bool(self._words)

    def word(self, argument: str) -> str:
        if not self._words:
            raise WrongArguments(self._command, Problem.MISSING, argument)
        return self._words.pop(0)

    def who(self) -> str:
        written = self.word("WHO")
        return written + self.word("WHO") if self._words and NUMBER_SIGN.fullmatch(written) else written

    def product(self, products: Sequence[ProductSummary]) -> int:
        """By its number, or by a name of one word or several, up to the number that follows it, if any does. Raises
        ProductUnknown."""
        for end in range(1, len(self._words) + 1):
            if end == len(self._words) or WHOLE.fullmatch(number_form(self._words[end])):
                if not NUMBER_SIGN.sub("", number_form(self._words[0])).isdecimal():
                    return self._product_called(end, products)
                break
        number = self._id("PRODUCT")
        if all(one.id != number for one in products):
            raise ProductUnknown(number)
        return number

    def _product_called(self, count: int, products: Sequence[ProductSummary]) -> int:
        """By the next `count` words."""
        words, self._words = self._words[:count], self._words[count:]
        found = find_products(words, products)
        if len(found) != 1:
            problem = Problem.SEVERAL if found else Problem.UNKNOWN
            raise WrongArguments(self._command, problem, "PRODUCT", " ".join(words))
        return found[0].id

    def days(self) -> int:
        return self.whole("DAYS", 1, MAX_DAYS)

    def whole(self, argument: str, low: int, high: int) -> int:
        written = number_form(self.word(argument))
        if not WHOLE.fullmatch(written):
            raise WrongArguments(self._command, Problem.NOT_WHOLE, argument, written)
        # Python refuses to read numbers of thousands of digits; none of ours has more than 19.
        number = int(written) if len(written) <= 64 else MAX_ID + 1
        if not low <= number <= high:
            raise WrongArguments(self._command, Problem.OUT_OF_RANGE, argument, written, low, high)
        return number

    def purchase(self) -> int:
        return self._id("PURCHASE")

    def _id(self, argument: str) -> int:
        """As people copy it: with or without its № or #, which may stand apart."""
        if len(self._words) > 1 and NUMBER_SIGN.fullmatch(self._words[0]):
            self._words.pop(0)
        if self._words:
            self._words[0] = NUMBER_SIGN.sub("", self._words[0]) or self._words[0]
        return self.whole(argument, 1, MAX_ID)

    def amount(self, currency: str) -> int:
        """AMOUNT, the last words, in the currency's smallest unit. Thousands may stand apart, as in 1 990."""
        written, self._words = " ".join([self.word("AMOUNT"), *self._words]), []
        return self._smallest(written, currency, "AMOUNT")

    def new_code(self) -> str:
        written = self.word("CODE")
        if len(written) > MAX_CODE:
            raise WrongArguments(self._command, Problem.TOO_LONG, "CODE", written, high=MAX_CODE)
        return written

    def price(self) -> tuple[int, str]:
        """PRICE CURRENCY, the last words: the amount in the currency's smallest unit and its code. The currency may
        be a sign or a word, on either side, with or without a blank; thousands may stand apart, as in 1 990."""
        written, self._words = " ".join([self.word("PRICE"), *self._words]), []
        try:
            _number, currency = split_currency(written)
        except ValueError as error:
            raise WrongArguments(self._command, Problem.NO_PRICE, "PRICE", written) from error
        if not currency:
            raise WrongArguments(self._command, Problem.MISSING, "CURRENCY")
        if currency not in CURRENCIES:
            raise WrongArguments(self._command, Problem.NO_CURRENCY, "CURRENCY", currency)
        return self._smallest(written, currency, "PRICE"), currency

    def _smallest(self, written: str, currency: str, argument: str) -> int:
        wrong = partial(WrongArguments, self._command, argument=argument, currency=currency)
        try:
            return to_minor_units(written, currency)
        except AmbiguousAmountError as error:
            readings, writings = tuple(error.readings), tuple(error.writings)
            raise wrong(Problem.AMBIGUOUS, written=written, readings=readings, writings=writings) from error
        except OtherCurrencyError as error:
            raise wrong(Problem.OTHER_CURRENCY, written=error.named) from error
        except ValueError as error:
            whole = exponent(currency) == 0
            raise wrong(Problem.NO_WHOLE_PRICE if whole else Problem.NO_PRICE, written=written) from error

    def end(self) -> None:
        """Nothing may be left over."""
        if self._words:
            raise WrongArguments(self._command, Problem.TOO_MANY, "", " ".join(self._words))
