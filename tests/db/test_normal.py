"""Normal forms: what looks the same is the same, and a form is its own form."""

import sys
import unicodedata
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db.normal import (
    IGNORABLE,
    INVISIBLE,
    QUOTES,
    WRITTEN_NUMBER,
    answer_form,
    clean_text,
    email_form,
    name_form,
    number_form,
    promo_form,
)

UNSEEN = [
    *"\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2063\u2066\u2068\u2069\u202a\u202c\u202e\ufeff\u00ad\u061c\u180e",
    *"\u034f\u115f\u3164\uffa0\ufe0f\u2800\x00\x07\x7f\x9f\ud800\U000e0041\U000e0100",
]
SPACES = " \t\n\r\u00a0\u1680\u2003\u2009\u202f\u205f\u3000\u2028\x85"
PASTED = st.text(st.sampled_from([*UNSEEN, *SPACES, *QUOTES]), max_size=6)


@pytest.mark.parametrize("sign", UNSEEN)
def test_what_is_not_seen_is_not_there(sign: str) -> None:
    assert clean_text(f"{sign}SPR{sign}ING2{sign}") == "SPRING2"
    assert email_form(f"{sign}an{sign}na@exam{sign}ple.com{sign}") == "anna@example.com"


@given(PASTED, PASTED)
def test_what_is_pasted_around_a_text_goes(before: str, after: str) -> None:
    assert promo_form(f"{before}ВЕСНА 2{after}") == "весна 2"
    assert email_form(f"{before}Anna@Example.com{after}") == "anna@example.com"
    assert number_form(f"{before}42{after}") == "42"


@given(st.text(max_size=40))
@example("e\u200b\u0301")
@example("'\u00b4\u0307'")
@example("\u0345ς")
@example("<\u00a8")
def test_a_form_is_its_own_form(text: str) -> None:
    for form in (clean_text, promo_form, answer_form, number_form, email_form):
        assert form(form(text)) == form(text)
    assert name_form(name_form(text, "7"), "7") == name_form(text, "7")


@given(st.text(max_size=300))
def test_nothing_unseen_is_left_and_the_database_takes_it(text: str) -> None:
    for form in (clean_text(text), promo_form(text)):
        assert not {unicodedata.category(char) for char in form} & INVISIBLE
        assert not IGNORABLE.search(form)
        form.encode()
    name = name_form(text, "7")
    name.encode()
    assert name
    assert "\x00" not in name
    assert "\n" not in name


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("Anna@Example.COM", "anna@example.com"),
        ("<anna@example.com>", "anna@example.com"),
        ("mailto:anna@example.com", "anna@example.com"),
        ("ａｎｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "anna@example.com"),
        ("анна@Школа.РФ", "анна@школа.рф"),
        ("анна@XN--80AAW5AEF.xn--p1ai", email_form("анна@" + "xn--80aaw5aef.xn--p1ai")),
        ("a@xn--80akhbyknj4f.xn--p1ai", "a@испытание.рф"),
        ("a@xn--.com", "a@xn--.com"),
    ],
)
def test_one_form_for_one_address(written: str, form: str) -> None:
    assert email_form(written) == form


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("٣٠", "30"),
        ("۱۲", "12"),
        ("१०", "10"),
        ("３０", "30"),
        ("−5", "-5"),
        ("–5", "-5"),
        ("﹣5", "-5"),
        ("𝟙𝟚", "12"),
    ],
)
def test_digits_of_any_script_are_digits(written: str, form: str) -> None:
    assert number_form(written) == form


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("  Анна \n Петрова ", "Анна Петрова"),
        ("\u202eevil", "evil"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("❤️", "❤️"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("e\u0301", "é"),
        ("\u3164\u200b", "7"),
        ("\u2800", "7"),
        ("\u200d", "7"),
        ("", "7"),
        (None, "7"),
        ("x" * 500, "x" * 128),
    ],
)
def test_a_name_is_one_line_and_never_empty(written: str | None, name: str) -> None:
    assert name_form(written, "7") == name


SAME_CODES = [
    "SPRING-24 SPRING‑24 SPRING–24 SPRING—24 spring−24",
    "MOM'S10 MOM’S10 MOMʼS10 MOM`S10 MOM´S10",
    "ПОЛЁТ ПОЛЕТ",
]
SAME_ANSWERS = [
    ["it's", "it’s", "It's."],
    ["кто-то", "кто‑то", "Кто–то!"],
    ['say "hi" now', "say «hi» now", "say “hi” now", "Say „hi“ now"],
    ['"Hi"', '"Hi".', "«Hi»!", "hi"],
]


def test_what_looks_the_same_is_the_same() -> None:
    for codes in SAME_CODES:
        assert len(set(map(promo_form, codes.split()))) == 1, codes
    for answers in SAME_ANSWERS:
        assert len(set(map(answer_form, answers))) == 1, answers


def test_a_numeral_that_is_no_digit_makes_no_number() -> None:
    composed = filter(unicodedata.decomposition, map(chr, range(0x20000)))
    numerals = [char for char in composed if unicodedata.category(char) != "Nd" and has_digit(char)]
    assert {"²", "½", "①", "⒈", "₂"} <= set(numerals)
    for char in numerals:
        assert not WRITTEN_NUMBER.fullmatch(number_form(f"10{char}")), char
        assert not WRITTEN_NUMBER.fullmatch(number_form(clean_text(char))), char


def has_digit(char: str) -> bool:
    return any(map(str.isdecimal, unicodedata.normalize("NFKC", char)))


def steps(form: Callable[[str], str], text: str) -> int:
    """How many functions and turns of generators it takes."""
    counted = 0

    def count(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal counted
        counted += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        form(text)
    finally:
        sys.setprofile(before)
    return counted


PEELED = ["' ", "« ", "< ", '<"', "mailto:", "\u3164'", "> ", ". ", "´", "xn--a."]


@pytest.mark.parametrize("form", [clean_text, promo_form, answer_form, number_form, email_form])
def test_twice_the_text_is_twice_the_work(form: Callable[[str], str]) -> None:
    for piece in PEELED:
        for text in (piece, f"word{piece}"):
            assert steps(form, text * 64) < 3 * steps(form, text * 32) + 100, piece
        for around in (f"{piece * 64}word{piece * 64}", f"{piece * 64}a@b.c{piece * 64}"):
            half = around[len(piece) * 32 : -len(piece) * 32]
            assert steps(form, around) < 3 * steps(form, half) + 100, piece


def test_marks_that_would_take_quadratic_time_to_put_in_order_are_cut() -> None:
    marks = "\u0315\u0323" * 1000
    assert len(clean_text(f"a{marks}b")) == len(clean_text(f"a{marks * 2}b")) < 40
    assert len(name_form(f"a{marks}b", "7")) < 40


def test_signs_that_stand_for_many_make_no_book() -> None:
    assert clean_text("\ufdfa") == unicodedata.normalize("NFKC", "\ufdfa")
    for form in (clean_text, promo_form, answer_form, number_form):
        assert len(form("\ufdfa" * 4096)) < 3 * 4096
