"""Which answers are right: options, texts in their normal form, numbers within their tolerance."""

from decimal import Decimal

import pytest

from db.errors import AnswerEmpty, AnswerNoNumber
from db.lessons.questions import Given, Kind, Question, judge


def question(kind: Kind, *accepted: str, tolerance: str | None = None) -> Question:
    return Question(
        id=1,
        lesson_id=1,
        kind=kind,
        text="?",
        options=("a", "b", "c") if kind in (Kind.ONE, Kind.SEVERAL) else (),
        answer=1 if kind == Kind.ONE else None,
        answers=(0, 2) if kind == Kind.SEVERAL else (),
        accepted=accepted,
        tolerance=Decimal(tolerance) if tolerance else None,
        explanation=None,
        hint=None,
        picture=None,
    )


@pytest.mark.parametrize(
    ("kind", "given", "right"),
    [
        (Kind.ONE, {1}, True),
        (Kind.ONE, {0}, False),
        (Kind.ONE, set(), False),
        (Kind.SEVERAL, {0, 2}, True),
        (Kind.SEVERAL, {0}, False),
        (Kind.SEVERAL, {0, 1, 2}, False),
        (Kind.SEVERAL, set(), False),
    ],
)
def test_options(kind: Kind, given: set[int], right: bool) -> None:
    assert judge(question(kind), Given(frozenset(given))).is_right is right


@pytest.mark.parametrize(
    "typed",
    [
        "Ёлка",
        "елка",
        " ЁЛКА! ",
        "«ёлка»",
        "елка\N{ZERO WIDTH SPACE}",
        "ёлка.",
        "Ё\N{COMBINING ACUTE ACCENT}лка"[0] + "лка",
    ],
)
def test_texts_that_are_the_same_to_a_teacher(typed: str) -> None:
    assert judge(question(Kind.TEXT, "ёлка"), Given(text=typed)).is_right


@pytest.mark.parametrize("typed", ["ёлки", "🎄", "е л к а", "ёлка" * 1024, "+"])
def test_texts_that_are_not(typed: str) -> None:
    judged = judge(question(Kind.TEXT, "ёлка"), Given(text=typed))
    assert not judged.is_right
    assert len(judged.words[0]) <= 256


def test_a_text_of_signs_only_can_be_right() -> None:
    assert judge(question(Kind.TEXT, "!="), Given(text=" != ")).is_right
    assert not judge(question(Kind.TEXT, "!="), Given(text="==")).is_right


def test_nothing_to_be_seen_is_no_answer() -> None:
    with pytest.raises(AnswerEmpty):
        judge(question(Kind.TEXT, "a"), Given(text="\N{ZERO WIDTH SPACE}\n "))


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("3.14", True),
        ("3,14", True),
        ("٣٫١٤".replace("٫", "."), True),
        ("+3.15", True),
        ("3.151", False),
        ("3", False),
        ("-3.14", False),
        ("\N{MINUS SIGN}3,14", False),
    ],
)
def test_numbers_within_their_tolerance(typed: str, right: bool) -> None:
    assert judge(question(Kind.NUMBER, "3.14", tolerance="0.01"), Given(text=typed)).is_right is right


def test_numbers_as_people_write_them() -> None:
    thousands = question(Kind.NUMBER, "1990.5", "-7")
    for typed in ("1 990,50", "1,990.5", "1990.5", "-7", "\N{MINUS SIGN}7", "- 7,0"):
        assert judge(thousands, Given(text=typed)).is_right, typed


@pytest.mark.parametrize("typed", ["семь", "", "7 кг", "1/2", "7-8", "🎄", "--7", "9" * 4096, "1e3", "NaN"])
def test_what_is_no_number_is_no_answer(typed: str) -> None:
    with pytest.raises(AnswerNoNumber):
        judge(question(Kind.NUMBER, "7"), Given(text=typed))


@pytest.mark.parametrize(
    ("typed", "accepted", "right"),
    [
        ("-1,990", "-1.99", True),
        ("-1,990", "-1990", True),
        ("3.142", "3.142", True),
        ("1 990,500", "1990.5", True),
        ("1,990", "19.9", False),
    ],
)
def test_a_number_that_may_be_two_is_right_where_one_of_them_is(
    typed: str, accepted: str, right: bool
) -> None:
    assert judge(question(Kind.NUMBER, accepted), Given(text=typed)).is_right is right


def test_options_are_shuffled_by_the_seed_alone() -> None:
    one = question(Kind.SEVERAL)
    orders = {tuple(one.order(seed)) for seed in range(50)}
    assert len(orders) == 6
    assert one.order(7) == one.order(7)
    assert sorted(one.order(7)) == [0, 1, 2]
