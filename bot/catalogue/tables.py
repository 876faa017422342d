"""The tables of the catalogue file, a pydantic model each. Strict: unknown keys and other types are refused."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.chat import markup
from bot.currencies import CURRENCIES, untaken, ways
from bot.money import from_minor_units, to_minor_units
from db.normal import clean_text
from db.payments.methods import XTR

MAX_INTEGER = 2**31 - 1
MAX_ID = 2**62  # leaves room above the file's ids for those of the sequence


def _not_empty(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    if "\x00" in value:
        raise ValueError("holds a NUL character")
    return value


def _one_line(value: str) -> str:
    if "\n" in value:
        raise ValueError("is one line")
    return value.strip()


def _markup(value: str) -> str:
    markup.check(value)
    return value.strip()


def _amount_text(value: Any) -> str:
    """An amount as text; TOML's numbers arrive as integers and decimals."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError('an amount such as 990, 990.50 or "990,50"')
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _number_or_text(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("the number of the right option, counted from 1, or the option itself")
    return value


def _matching(pattern: str, what: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is not {what}")
        return value

    return AfterValidator(check)


Key = Annotated[
    str, _matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", "a key: up to 64 letters a-z, digits, - and _")
]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Name = Annotated[str, AfterValidator(_not_empty), AfterValidator(_one_line), Field(max_length=128)]
Text = Annotated[str, AfterValidator(_not_empty), Field(max_length=1000)]
SchoolName = Annotated[str, AfterValidator(_not_empty), AfterValidator(_one_line), Field(max_length=64)]
SchoolDescription = Annotated[str, AfterValidator(_not_empty), Field(max_length=512)]
Markup = Annotated[str, AfterValidator(_not_empty), AfterValidator(_markup)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Price = Annotated[str, BeforeValidator(_amount_text)]
Currency = Annotated[str, _matching(r"[A-Z]{3}", "a currency: three capital letters such as RUB")]
Option = Annotated[str, AfterValidator(_not_empty), AfterValidator(_one_line), Field(max_length=100)]
Answer = Annotated[Any, BeforeValidator(_number_or_text)]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class MediaTable(Table):
    """Telegram fetches a `url` itself; a `file_id` is what the bot was given for a file sent to it."""

    kind: Literal["photo", "video", "audio", "voice", "document"]
    url: Annotated[str, _matching(r"https?://[^\s/]+\S*", "an http(s) address")] | None = None
    file_id: Annotated[str, _matching(r"[A-Za-z0-9_-]{10,}", "a file id as Telegram gives them")] | None = (
        None
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.url is None) == (self.file_id is None):
            raise ValueError("needs either url or file_id")
        return self

    @property
    def source(self) -> str:
        return self.url or self.file_id or ""


class SchoolTextTable(Table):
    """Telegram shows a bot's description of at most 512 characters to who has not begun yet."""

    name: SchoolName | None = None
    description: SchoolDescription | None = None


class SchoolTable(SchoolTextTable):
    """In each language that it is translated into, and, directly, for all others."""

    ru: SchoolTextTable | None = None
    en: SchoolTextTable | None = None


class QuestionTable(Table):
    key: Key
    text: Text
    options: Annotated[list[Option], Field(min_length=2, max_length=10)]
    answer: Answer
    explanation: Text | None = None

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        if len(set(self.options)) < len(self.options):
            raise ValueError("options: two are the same")
        if isinstance(self.answer, int) and not 1 <= self.answer <= len(self.options):
            raise ValueError(f"answer: {self.answer} is not between 1 and {len(self.options)}")
        if isinstance(self.answer, str) and self.answer.strip() not in self.options:
            raise ValueError(f"answer: {self.answer!r} is none of the options")
        return self

    @property
    def right(self) -> int:
        """The index of the right option, from 0."""
        return self.answer - 1 if isinstance(self.answer, int) else self.options.index(self.answer.strip())


class LessonTable(Table):
    key: Key
    id: Id | None = None
    title: Name
    text: Markup
    media: MediaTable | None = None
    preview: bool = False
    questions: list[QuestionTable] = []


class ModuleTable(Table):
    key: Key
    id: Id | None = None
    name: Name
    description: Text | None = None
    interval_count: Annotated[int, Field(ge=1, le=MAX_INTEGER)] | None = None
    lessons: list[LessonTable] = []


class OfferTable(Table):
    """No `methods` means every way that the currency and the settings allow."""

    key: Key
    id: Id | None = None
    days: Days
    price: Price
    currency: Currency
    methods: list[Literal["link", "invoice", "stars"]] = []

    @model_validator(mode="after")
    def _payable(self) -> Self:
        try:
            amount = to_minor_units(self.price, self.currency)
        except ValueError as error:
            raise ValueError(f"price: {error}") from error
        if self.currency not in CURRENCIES:
            raise ValueError(f"currency: {self.currency} is none that Telegram or YooKassa takes")
        if (limits := untaken(self.methods, amount, self.currency)) is not None:
            least, most = (from_minor_units(one, self.currency) for one in (limits.least, limits.most))
            raise ValueError(f"price: no way to pay takes it; it has to be from {least} to {most}")
        if len(set(self.methods)) < len(self.methods):
            raise ValueError("methods: one is there twice")
        if self.methods and (self.currency == XTR) != (self.methods == ["stars"]):
            raise ValueError(
                "methods: stars goes with the currency XTR, link and invoice with every other one"
            )
        if not ways(self.methods, self.currency):
            raise ValueError(f"methods: none of these takes {self.currency}")
        return self

    @property
    def amount(self) -> int:
        """In the currency's smallest unit."""
        return to_minor_units(self.price, self.currency)


class ProductTable(Table):
    key: Key
    id: Id | None = None
    module: Key
    name: Name
    offers: list[OfferTable] = []


class PromoTable(Table):
    """A code that only has A-Z a-z 0-9 _ - in it can also be given as a link: t.me/<bot>?start=promo_CODE."""

    code: Annotated[
        str,
        AfterValidator(clean_text),
        _matching(r"[^\s\x00/]{1,58}", "a code: up to 58 characters, no blanks and no slash"),
    ]
    product: Key
    days: Days
    max_uses: Annotated[int, Field(ge=1, le=MAX_INTEGER)]


class ResultTable(Table):
    key: Key
    id: Id | None = None
    name: Name
    passed: bool


class File(Table):
    school: SchoolTable | None = None
    modules: Annotated[list[ModuleTable], Field(min_length=1)]
    products: list[ProductTable] = []
    promocodes: list[PromoTable] = []
    results: list[ResultTable] = []
