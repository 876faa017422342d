"""What admins write after a command, read word by word; what was wrong is told exactly, before anything changes."""

import re
from dataclasses import dataclass
from enum import StrEnum, auto

from babel.core import get_global

from bot.chat.commands import Command
from bot.money import exponent, to_minor_units
from db.access.changes import MAX_DAYS
from db.errors import Refused
from db.payments.methods import XTR

MAX_ID = 2**63 - 1  # bigint
MAX_COUNT = 2**31 - 1  # integer
MAX_CODE = 64

CURRENCIES = frozenset(
    code
    for used in get_global("territory_currencies").values()
    for code, _since, ended, tender in used
    if tender and not ended
) | {XTR}

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


@dataclass
class WrongArguments(Refused):
    """`argument` as the command's usage names it, `written` as the person wrote it; `low` and `high` bound numbers,
    and `high` the length of texts."""

    command: Command
    problem: Problem
    argument: str
    written: str = ""
    low: int = 0
    high: int = 0


class Arguments:
    """Takes the words one after another; each method raises WrongArguments."""

    def __init__(self, command: Command, written: str | None) -> None:
        self._command = command
        self._words = (written or "").replace("\x00", "").split()

    @property
    def left(self) -> bool:
        return bool(self._words)

    def word(self, argument: str) -> str:
        if not self._words:
            raise WrongArguments(self._command, Problem.MISSING, argument)
        return self._words.pop(0)

    def who(self) -> str:
        return self.word("WHO")

    def product(self) -> int:
        return self.whole("PRODUCT", 1, MAX_ID)

    def days(self) -> int:
        return self.whole("DAYS", 1, MAX_DAYS)

    def whole(self, argument: str, low: int, high: int) -> int:
        written = self.word(argument)
        if not WHOLE.fullmatch(written):
            raise WrongArguments(self._command, Problem.NOT_WHOLE, argument, written)
        # Python refuses to read numbers of thousands of digits; none of ours has more than 19.
        number = int(written) if len(written) <= 64 else MAX_ID + 1
        if not low <= number <= high:
            raise WrongArguments(self._command, Problem.OUT_OF_RANGE, argument, written, low, high)
        return number

    def purchase(self) -> int:
        """As people copy it: with or without its №."""
        if self._words:
            self._words[0] = self._words[0].lstrip("№#") or self._words[0]
        return self.whole("PURCHASE", 1, MAX_ID)

    def amount(self, currency: str) -> int:
        """AMOUNT, the last words, in the currency's smallest unit. Thousands may stand apart, as in 1 990."""
        written, self._words = " ".join([self.word("AMOUNT"), *self._words]), []
        return self._smallest(written, currency, "AMOUNT")

    def code(self) -> str:
        written = self.word("CODE")
        if len(written) > MAX_CODE:
            raise WrongArguments(self._command, Problem.TOO_LONG, "CODE", written, high=MAX_CODE)
        return written

    def price(self) -> tuple[int, str]:
        """PRICE CURRENCY, the last words: the amount in the currency's smallest unit and its code. Thousands may
        stand apart, as in 1 990."""
        written = self.word("PRICE")
        code = self._words.pop() if self._words else self.word("CURRENCY")
        written, self._words = " ".join([written, *self._words]), []
        currency = code.upper()
        if currency not in CURRENCIES:
            raise WrongArguments(self._command, Problem.NO_CURRENCY, "CURRENCY", code)
        return self._smallest(written, currency, "PRICE"), currency

    def _smallest(self, written: str, currency: str, argument: str) -> int:
        try:
            return to_minor_units(written, currency)
        except ValueError as error:
            wrong = Problem.NO_WHOLE_PRICE if exponent(currency) == 0 else Problem.NO_PRICE
            raise WrongArguments(self._command, wrong, argument, written) from error

    def end(self) -> None:
        """Nothing may be left over."""
        if self._words:
            raise WrongArguments(self._command, Problem.TOO_MANY, "", " ".join(self._words))
