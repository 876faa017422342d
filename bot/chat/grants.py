"""/grant and /revoke as they are typed: WHO PRODUCT DAYS [REASON], where WHO and PRODUCT may be names of several words.

What is not understood is asked for (`handlers/access/granting.py`); the rest of it stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.arguments import MAX_ID, WHOLE, Arguments, Problem, WrongArguments
from bot.chat.commands import Command
from bot.chat.products import MAX_DIGITS, NUMBER_SIGN, find_products
from db.acts import MAX_REASON
from db.errors import ProductUnknown, Refused
from db.normal import clean_text, number_form
from db.shop.offers import ProductSummary

DAY_WORDS = {"d", "day", "days", "д", "дн", "дн.", "день", "дня", "дней"}
MAX_NAME_WORDS = 4


@dataclass(slots=True)
class WantedGrant:
    """What was understood. `wrong`: why the rest was not; None where nothing more was written. `products`: those that
    the words for one may mean."""

    who: str | None = None
    product_id: int | None = None
    days: int | None = None
    reason: str = ""
    wrong: Refused | None = None
    products: tuple[int, ...] = ()


def read_grant(command: Command, written: str | None, products: Sequence[ProductSummary]) -> WantedGrant:
    words = [word for word in map(clean_text, clean_text(written or "").split()) if word]
    if not words:
        return WantedGrant()
    ends = _ends_of_who(words)
    splits = [
        (start, end)
        for start in ends
        for end in range(start + 1, len(words))
        if WHOLE.fullmatch(number_form(words[end])) and len(find_products(words[start:end], products)) == 1
    ]
    start, end = splits[0] if splits else _likely(words, ends)
    wanted = WantedGrant(who=" ".join(words[:start]))
    _read_product(command, words[start:end], products, wanted)
    _read_days(command, words[end:], wanted)
    return wanted


def _ends_of_who(words: Sequence[str]) -> list[int]:
    """Where WHO may end: after its one word, unless that is a name."""
    first = words[0]
    if NUMBER_SIGN.fullmatch(first):
        return [min(2, len(words))]
    if not first[0].isalpha() or "@" in first or "#" in first or any(map(str.isdecimal, first)):
        return [1]
    return list(range(1, min(len(words), MAX_NAME_WORDS) + 1))


def _likely(words: Sequence[str], ends: Sequence[int]) -> tuple[int, int]:
    """Up to the number that looks like days; one word alone in the middle may be a number of a product."""
    numbers = [at for at, word in enumerate(words) if WHOLE.fullmatch(number_form(word)) and at >= ends[0]]
    start = ends[0]
    if len(ends) > 1 and numbers:
        start = min(max(ends[0], numbers[0] - 1), ends[-1])
    elif len(ends) > 1:
        start = ends[-1]
    after = [at for at in numbers if at > start]
    return start, after[0] if after else len(words) if len(words) - start < 2 else start + 1


def _read_product(
    command: Command, words: Sequence[str], products: Sequence[ProductSummary], wanted: WantedGrant
) -> None:
    if not words:
        return
    found = find_products(words, products)
    written = " ".join(words)
    number = NUMBER_SIGN.sub("", number_form(written))
    if len(found) == 1:
        wanted.product_id = found[0].id
    elif found:
        wanted.products = tuple(one.id for one in found)
        wanted.wrong = WrongArguments(command, Problem.SEVERAL, "PRODUCT", written)
    elif number.isdecimal() and len(number) <= MAX_DIGITS and 0 < int(number) <= MAX_ID:
        wanted.wrong = ProductUnknown(int(number))
    else:
        wanted.wrong = WrongArguments(command, Problem.UNKNOWN, "PRODUCT", written)


def _read_days(command: Command, words: Sequence[str], wanted: WantedGrant) -> None:
    try:
        wanted.days, wanted.reason = read_days(command, words)
    except WrongArguments as wrong:
        wanted.wrong = wanted.wrong or wrong


def read_days(command: Command, words: Sequence[str]) -> tuple[int | None, str]:
    """And the reason behind them. None where nothing is written. Raises WrongArguments."""
    if not words:
        return None, ""
    days = Arguments(command, words[0]).days()
    rest = words[2:] if len(words) > 1 and words[1].casefold() in DAY_WORDS else words[1:]
    reason = " ".join(rest)
    if len(reason) > MAX_REASON:
        raise WrongArguments(command, Problem.TOO_LONG, "REASON", reason, high=MAX_REASON)
    return days, reason
