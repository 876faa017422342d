"""Questions in the catalogue file: which kind one is, and what answers it."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bot.catalogue.fields import FileId, Key, Option, Table, Text, Url
from db.catalogue.faults import Fault
from db.normal import number_form, promo_form

Kind = Literal["one", "several", "text", "number"]
NUMBER = re.compile(r"-?\d{1,20}(?:[.,]\d{1,10})?")
MAX_ACCEPTED = 50
# What a question of each kind is answered by.
ANSWERED_BY = {"one": "answer", "several": "answers", "text": "accepted", "number": "accepted"}


def _number_or_text(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(Fault("the number of the right option, counted from 1, or the option itself"))
    return value


def _accepted(value: Any) -> str:
    """TOML's numbers arrive as integers and decimals."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError(Fault("an accepted answer is a text or a number"))
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if not promo_form(text):
        raise ValueError(Fault("holds nothing to be seen"))
    return text.strip()


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value < 10**20:
        raise ValueError(Fault("a number, 0 or more"))
    return Decimal(value)


Answer = Annotated[Any, BeforeValidator(_number_or_text)]
Accepted = Annotated[str, BeforeValidator(_accepted), Field(max_length=200)]
Tolerance = Annotated[Decimal, BeforeValidator(_decimal)]


class QuestionTable(Table):
    """`kind` need not be said: several `answers`, one `answer`, or what is typed and compared with `accepted`."""

    key: Key
    text: Text
    kind: Kind | None = None
    options: Annotated[list[Option], Field(max_length=10)] = Field(default_factory=list)
    answer: Answer | None = None
    answers: Annotated[list[Answer], Field(max_length=10)] = Field(default_factory=list)
    accepted: Annotated[list[Accepted], Field(max_length=MAX_ACCEPTED)] = Field(default_factory=list)
    tolerance: Tolerance | None = None
    hint: Annotated[Text, AfterValidator(str.strip)] | None = None
    explanation: Text | None = None
    picture: Url | FileId | None = None

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        given = [name for name in ("answer", "answers", "accepted") if getattr(self, name) not in (None, [])]
        if not given:
            raise ValueError(Fault("has no right answer: answer, answers or accepted says it"))
        if given != [ANSWERED_BY[self.sort]]:
            raise ValueError(
                Fault(
                    "{given}: a question of kind {kind} takes {field} only",
                    given=", ".join(given),
                    kind=self.sort,
                    field=ANSWERED_BY[self.sort],
                )
            )
        if self.sort in ("one", "several"):
            self._check_options()
        elif self.options:
            raise ValueError(Fault("options: what is typed is compared with accepted"))
        if self.sort == "number" and not all(NUMBER.fullmatch(number_form(one)) for one in self.accepted):
            raise ValueError(Fault("accepted: a number is written such as 42 or 3.14"))
        if self.tolerance is not None and self.sort != "number":
            raise ValueError(Fault("tolerance: only numbers have one"))
        return self

    def _check_options(self) -> None:
        if len(self.options) < 2:
            raise ValueError(Fault("options: at least two are needed"))
        if len(set(self.options)) < len(self.options):
            raise ValueError(Fault("options: two are the same"))
        right = [self._index(one) for one in (self.answers or [self.answer])]
        if len(set(right)) < len(right):
            raise ValueError(Fault("answers: one is there twice"))

    def _index(self, answer: int | str | None) -> int:
        """Of the option, from 0."""
        if isinstance(answer, int):
            if not 1 <= answer <= len(self.options):
                raise ValueError(
                    Fault(
                        "answer: {answer} is not between 1 and {most}", answer=answer, most=len(self.options)
                    )
                )
            return answer - 1
        if answer is None or answer.strip() not in self.options:
            raise ValueError(Fault("answer: {answer} is none of the options", answer=repr(answer)))
        return self.options.index(answer.strip())

    @property
    def sort(self) -> Kind:
        """`kind`, or what the answers say it is."""
        if self.kind is not None:
            return self.kind
        if self.answers:
            return "several"
        if not self.accepted:
            return "one"
        return "number" if all(NUMBER.fullmatch(number_form(one)) for one in self.accepted) else "text"

    @property
    def right(self) -> int | None:
        """The index of the one right option, from 0."""
        return None if self.answer is None else self._index(self.answer)

    @property
    def all_right(self) -> list[int]:
        """The indexes of all right options of a question that has several, from 0."""
        return sorted(self._index(one) for one in self.answers)

    @property
    def compared(self) -> list[str]:
        """The accepted answers; numbers with a point, as Python reads them."""
        if self.sort != "number":
            return self.accepted
        return [number_form(one).replace(",", ".") for one in self.accepted]
