"""Items of a list that somebody else's server has answered, each read by itself: one that can't be read is kept as
it came, and hides no other."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Json = Mapping[str, Any]
T = TypeVar("T")
WORD = re.compile(r"[!-~]{1,200}")  # ids, statuses, currencies: without blanks
MAX_REASON = 200  # characters
ERRORS = (KeyError, TypeError, ValueError, OverflowError)  # of a parser whose item is not what it expects


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item in which what decides can't be read. `id` is the sender's where it has one, else made of the item's
    contents: the same item has the same one each time."""

    id: str
    raw: str
    reason: str


def read_item(parse: Callable[[Json], T], item: object) -> T | Unreadable:
    try:
        if not isinstance(item, dict):
            raise TypeError(f"an object is wanted, not {type(item).__name__}")
        return parse(item)
    except ERRORS as error:
        raw = json.dumps(item, ensure_ascii=True)
        return Unreadable(_id(item, raw), raw, reason_of(error))


def _id(item: object, raw: str) -> str:
    found = item.get("id") if isinstance(item, dict) else None
    if isinstance(found, str) and WORD.fullmatch(found):
        return found
    return hashlib.sha256(raw.encode()).hexdigest()[:16]


def word(value: object) -> str:
    """An id, a status, a currency as it has to be. Raises TypeError."""
    if not isinstance(value, str) or not WORD.fullmatch(value):
        raise TypeError(f"a word is wanted, not {type(value).__name__}")
    return value


def reason_of(error: Exception) -> str:
    """Which field is missing or of another kind; a parser's errors quote no values."""
    return f"{type(error).__name__}: {error}"[:MAX_REASON]
