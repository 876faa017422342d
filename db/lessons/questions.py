"""Questions as they are asked, and whether an answer is right. A rule of its own: nothing here asks the database."""

import random
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from db.errors import AnswerEmpty, AnswerNoNumber
from db.normal import AMBIGUOUS_NUMBER, WRITTEN_NUMBER, answer_form, number_form

MAX_GIVEN = 256  # characters of an answer that are kept
MAX_DIGITS = 64  # of a number that is still read
MAX_TRIES = 2


class Kind(StrEnum):
    ONE = "one"
    SEVERAL = "several"
    TEXT = "text"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Question:
    """As in `db.tables.Question`."""

    id: int
    lesson_id: int
    kind: str
    text: str
    options: tuple[str, ...]
    answer: int | None
    answers: tuple[int, ...]
    accepted: tuple[str, ...]
    tolerance: Decimal | None
    explanation: str | None
    hint: str | None
    picture: str | None

    @property
    def is_typed(self) -> bool:
        return self.kind in (Kind.TEXT, Kind.NUMBER)

    @property
    def right(self) -> frozenset[int]:
        """Indexes of the right options."""
        return frozenset(self.answers if self.kind == Kind.SEVERAL or self.answer is None else [self.answer])

    @property
    def right_answers(self) -> tuple[str, ...]:
        """As they may be told: every right option, or the first of the accepted answers."""
        if self.is_typed:
            return self.accepted[:1]
        return tuple(option for at, option in enumerate(self.options) if at in self.right)

    @property
    def tries(self) -> int:
        """Of two options the second one would be known after the first."""
        return 1 if self.kind == Kind.ONE and len(self.options) < 3 else MAX_TRIES

    def form(self, tries: int) -> str:
        """Changes with what is asked and how often it was tried: what a button was drawn for is known by it."""
        asked = "\x00".join((str(self.id), self.kind, self.text, *self.options, str(tries)))
        return f"{zlib.crc32(asked.encode()):x}"

    def order(self, seed: int) -> list[int]:
        """Indexes of the options as an attempt with that seed shows them."""
        order = list(range(len(self.options)))
        random.Random(f"{seed}:{self.id}").shuffle(order)
        return order


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: indexes of options, or a text; neither where the person does not know."""

    options: frozenset[int] = frozenset()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """`words`: the options as they were worded, or what was typed."""

    is_right: bool
    words: tuple[str, ...]


def judge(question: Question, given: Given) -> Judged:
    """Raises AnswerEmpty, AnswerNoNumber for what is no answer: it counts as none."""
    if given.text is not None:
        words = (given.text.strip()[:MAX_GIVEN],)
        if question.kind == Kind.NUMBER:
            return Judged(_is_near(question, read_number(given.text)), words)
        return Judged(_is_accepted(question, given.text), words)
    chosen = tuple(option for at, option in enumerate(question.options) if at in given.options)
    return Judged(bool(chosen) and given.options == question.right, chosen)


def _is_accepted(question: Question, text: str) -> bool:
    form = answer_form(text)
    if not form:
        raise AnswerEmpty
    return form in map(answer_form, question.accepted)


def _is_near(question: Question, numbers: Sequence[Decimal]) -> bool:
    tolerance = question.tolerance or Decimal()
    near = (
        abs(number - Decimal(accepted)) <= tolerance for accepted in question.accepted for number in numbers
    )
    return any(near)


def read_number(text: str) -> list[Decimal]:
    """-5, 1 990.50, 0,5 and the like. 1,990 may be two numbers: nobody who gives an answer is asked which one, it is
    right where one of them is. Raises AnswerNoNumber."""
    written = re.fullmatch(r"([+-]?) ?(\S.*)", number_form(text))
    match = WRITTEN_NUMBER.fullmatch(written[2]) if written and len(written[2]) <= MAX_DIGITS else None
    if written is None or match is None:
        raise AnswerNoNumber
    whole, rest = re.sub(r"\D", "", match["whole"]), match["rest"] or "0"
    readings = [f"{whole}.{rest}"]
    if AMBIGUOUS_NUMBER.fullmatch(written[2]):
        head, tail = re.split(r"[.,]", written[2])
        readings.append(re.sub(r"\D", "", head) + "." + tail)
    return [Decimal(written[1] + one) for one in readings]
