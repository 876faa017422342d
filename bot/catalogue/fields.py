"""What the values in the catalogue file may be, and `Table`, on which its tables stand."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bot.chat import markup
from bot.lessons import document
from bot.lessons.document import Markup as Written
from db.access.limits import LATEST_END
from db.catalogue.faults import Fault

MAX_INTEGER = 2**31 - 1
MAX_ID = 2**62  # leaves room above the file's ids for those of the sequence


def _not_empty(value: str) -> str:
    if not value.strip():
        raise ValueError(Fault("is empty"))
    if "\x00" in value:
        raise ValueError(Fault("holds a NUL character"))
    return value


def _one_line(value: str) -> str:
    if "\n" in value:
        raise ValueError(Fault("is one line"))
    return value.strip()


def _markup(value: str) -> str:
    markup.check(value)
    return value.strip()


def _markdown(value: str) -> str:
    document.check(value, Written.MARKDOWN)
    return value.strip()


def _amount_text(value: Any) -> str:
    """An amount as text; TOML's numbers arrive as integers and decimals."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError(Fault('an amount such as 990, 990.50 or "990,50"'))
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _moment(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(Fault("needs its distance from UTC, such as 2026-12-01T10:00:00+03:00"))
    if value >= LATEST_END:
        raise ValueError(Fault("no access lasts that long: this would never be"))
    return value


def matching(pattern: str, what: Fault) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(Fault("{value} is not {what}", value=repr(value), what=what))
        return value

    return AfterValidator(check)


Key = Annotated[
    str, matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", Fault("a key: up to 64 letters a-z, digits, - and _"))
]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Name = Annotated[str, AfterValidator(_not_empty), AfterValidator(_one_line), Field(max_length=128)]
Text = Annotated[str, AfterValidator(_not_empty), Field(max_length=1000)]
SchoolName = Annotated[str, AfterValidator(_not_empty), AfterValidator(_one_line), Field(max_length=64)]
SchoolDescription = Annotated[str, AfterValidator(_not_empty), Field(max_length=512)]
Html = Annotated[str, AfterValidator(_not_empty), AfterValidator(_markup)]
Markdown = Annotated[str, AfterValidator(_not_empty), AfterValidator(_markdown)]
Days = Annotated[int, Field(ge=1, le=36_500)]
UnlockDays = Annotated[int, Field(ge=0, le=36_500)]
Moment = Annotated[datetime, AfterValidator(_moment)]
Price = Annotated[str, BeforeValidator(_amount_text)]
Currency = Annotated[str, matching(r"[A-Z]{3}", Fault("a currency: three capital letters such as RUB"))]
Option = Annotated[str, AfterValidator(_not_empty), AfterValidator(_one_line), Field(max_length=100)]
Url = Annotated[str, matching(r"https?://[^\s/]+\S*", Fault("an http(s) address"))]
FileId = Annotated[str, matching(r"[A-Za-z0-9_-]{10,}", Fault("a file id as Telegram gives them"))]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
