"""The tables of the catalogue file, a pydantic model each. Strict: unknown keys and other types are refused."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bot.catalogue import fields
from bot.catalogue.questions import QuestionTable
from bot.currencies import CURRENCIES, Limits, untaken, ways
from bot.money import from_minor_units, to_minor_units
from db.catalogue.faults import Fault, at
from db.normal import MAX_CODE, clean_text
from db.payments.methods import XTR


class MediaTable(fields.Table):
    """Telegram fetches a `url` itself; a `file_id` is what the bot was given for a file sent to it."""

    kind: Literal["photo", "video", "audio", "voice", "document"]
    url: fields.Url | None = None
    file_id: fields.FileId | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.url is None) == (self.file_id is None):
            raise ValueError(Fault("needs either url or file_id"))
        return self

    @property
    def source(self) -> str:
        return self.url or self.file_id or ""


class SchoolTextTable(fields.Table):
    """Telegram shows a bot's description of at most 512 characters to who has not begun yet."""

    name: fields.SchoolName | None = None
    description: fields.SchoolDescription | None = None


class SchoolTable(SchoolTextTable):
    """In each language that it is translated into, and, directly, for all others."""

    ru: SchoolTextTable | None = None
    en: SchoolTextTable | None = None


class LessonTable(fields.Table):
    key: fields.Key
    id: fields.Id | None = None
    title: fields.Name
    text: fields.Html | None = None
    markdown: fields.Markdown | None = None
    media: MediaTable | None = None
    preview: bool = False
    unlock_days: fields.UnlockDays | None = None
    unlock_at: fields.Moment | None = None
    questions: list[QuestionTable] = Field(default_factory=list)

    @model_validator(mode="after")
    def _worded(self) -> Self:
        if self.text is None and self.markdown is None:
            raise ValueError(Fault("text: is missing"))
        if self.text is not None and self.markdown is not None:
            raise ValueError(Fault("markdown: the text is given already"))
        return self

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.preview and (self.unlock_days is not None or self.unlock_at is not None):
            raise ValueError(
                Fault("preview: a free lesson never waits, so unlock_days and unlock_at would never count")
            )
        return self


class ModuleTable(fields.Table):
    key: fields.Key
    id: fields.Id | None = None
    name: fields.Name
    description: fields.Text | None = None
    interval_count: Annotated[int, Field(ge=1, le=fields.MAX_INTEGER)] | None = None
    unlock_in_order: bool = False
    unlock_days: fields.UnlockDays | None = None
    unlock_at: fields.Moment | None = None
    format: Literal["classic", "rich"] = "classic"
    protect_content: bool = False
    lessons: list[LessonTable] = Field(default_factory=list)


def price_not_taken(limits: Limits, currency: str) -> Fault:
    least, most = (from_minor_units(one, currency) for one in (limits.least, limits.most))
    return Fault("price: no way to pay takes it; it has to be from {least} to {most}", least=least, most=most)


class OfferTable(fields.Table):
    """No `methods` means every way that the currency and the settings allow."""

    key: fields.Key
    id: fields.Id | None = None
    days: fields.Days
    price: fields.Price
    currency: fields.Currency
    methods: list[Literal["link", "invoice", "stars"]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _payable(self) -> Self:
        try:
            amount = to_minor_units(self.price, self.currency)
        except ValueError as error:
            raise ValueError(at("price", str(error))) from error
        if self.currency not in CURRENCIES:
            raise ValueError(
                Fault("currency: {currency} is none that Telegram or YooKassa takes", currency=self.currency)
            )
        if (limits := untaken(self.methods, amount, self.currency)) is not None:
            raise ValueError(price_not_taken(limits, self.currency))
        if len(set(self.methods)) < len(self.methods):
            raise ValueError(Fault("methods: one is there twice"))
        if self.methods and (self.currency == XTR) != (self.methods == ["stars"]):
            raise ValueError(
                Fault("methods: stars goes with the currency XTR, link and invoice with every other one")
            )
        if not ways(self.methods, self.currency):
            raise ValueError(Fault("methods: none of these takes {currency}", currency=self.currency))
        return self

    @property
    def amount(self) -> int:
        """In the currency's smallest unit."""
        return to_minor_units(self.price, self.currency)


class ProductTable(fields.Table):
    key: fields.Key
    id: fields.Id | None = None
    module: fields.Key
    name: fields.Name
    offers: list[OfferTable] = Field(default_factory=list)


class PromoTable(fields.Table):
    """A code that only has A-Z a-z 0-9 _ - in it can also be given as a link: t.me/<bot>?start=promo_CODE."""

    code: Annotated[
        str,
        AfterValidator(clean_text),
        fields.matching(
            rf"[^\s\x00/]{{1,{MAX_CODE}}}", f"a code: up to {MAX_CODE} characters, no blanks and no slash"
        ),
    ]
    product: fields.Key
    days: fields.Days
    max_uses: Annotated[int, Field(ge=1, le=fields.MAX_INTEGER)]


class ResultTable(fields.Table):
    key: fields.Key
    id: fields.Id | None = None
    name: fields.Name
    passed: bool
    share: Annotated[int, Field(ge=0, le=100)] | None = None


class File(fields.Table):
    school: SchoolTable | None = None
    modules: Annotated[list[ModuleTable], Field(min_length=1)]
    products: list[ProductTable] = Field(default_factory=list)
    promocodes: list[PromoTable] = Field(default_factory=list)
    results: list[ResultTable] = Field(default_factory=list)
