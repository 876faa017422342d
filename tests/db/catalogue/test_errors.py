"""The catalogue file: each mistake is named by table and key, and all of them at once."""

from datetime import UTC
from pathlib import Path

import pytest

from bot.catalogue import reading as files
from bot.catalogue.reading import CatalogueError, parse
from bot.texts import Localizer
from bot.texts import catalogue_faults as faults
from tests.db.catalogue.file import ASKING, SMALL, wrong


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ('title = "Two"', "", 'modules[1] "python" . lessons[2] "two" . title: is missing'),
        (
            "preview = true",
            "previw = true",
            'modules[1] "python" . lessons[1] "one" . previw: unknown key; did you mean preview?',
        ),
        (
            '"First"',
            '"a < b"',
            'modules[1] "python" . lessons[1] "one" . text: line 1: '
            "'< b' is none of Telegram's tags; a plain < is written &lt;",
        ),
        (
            '"First"',
            '"First"\nmarkdown = "# First"',
            'modules[1] "python" . lessons[1] "one": markdown: the text is given already',
        ),
        ('text = "First"', "", 'modules[1] "python" . lessons[1] "one": text: is missing'),
        (
            'text = "First"',
            'markdown = "a <b>x</b>"',
            'modules[1] "python" . lessons[1] "one" . markdown: line 1: '
            "'<b>' is none of br, ins, mark, sub, sup, tg-spoiler, u; a plain < is written &lt;",
        ),
        (
            "answer = 1",
            "answer = 3",
            'modules[1] "python" . lessons[2] "two" . questions[1] "q": answer: 3 is not between 1 and 2',
        ),
        (
            "answer = 1",
            "",
            'modules[1] "python" . lessons[2] "two" . questions[1] "q": has no right answer: '
            "answer, answers or accepted says it",
        ),
        (
            'answers = ["2", 3]',
            'answers = ["2", 2]',
            'modules[1] "python" . lessons[2] "two" . questions[2] "even": answers: one is there twice',
        ),
        (
            'answers = ["2", 3]',
            'answers = ["5"]',
            'modules[1] "python" . lessons[2] "two" . questions[2] "even": answer: \'5\' is none of the options',
        ),
        (
            'accepted = ["Pushkin", "Пушкин"]',
            'accepted = ["\u200b"]',
            'modules[1] "python" . lessons[2] "two" . questions[3] "typed" . accepted[1]: holds nothing to be seen',
        ),
        (
            'accepted = [3.14, "22,7"]',
            'accepted = ["three"]',
            'modules[1] "python" . lessons[2] "two" . questions[4] "pi": tolerance: only numbers have one',
        ),
        (
            'accepted = ["1833"]',
            "answer = 1",
            'modules[1] "python" . lessons[2] "two" . questions[5] "year": answer: '
            "a question of kind text takes accepted only",
        ),
        (
            "share = 70",
            "share = 170",
            'results[1] "passed" . share: Input should be less than or equal to 100',
        ),
        (
            "price = 990.5",
            "price = 1990.555",
            'products[1] "course" . offers[1] "month": price: \'1990.555\': RUB has at most 2 digits after the point',
        ),
        (
            "price = 990.5",
            'price = "1,990"',
            'products[1] "course" . offers[1] "month": price: \'1,990\' may be 1990 or 1.99; write 1990 or 1.99',
        ),
        (
            'currency = "RUB"',
            'currency = "XTR"',
            'products[1] "course" . offers[1] "month": price: \'990.5\': XTR has no digits after the point',
        ),
        (
            'currency = "RUB"',
            'currency = "RUB"\nmethods = ["stars"]',
            'products[1] "course" . offers[1] "month": methods: stars goes with the currency XTR,'
            " link and invoice with every other one",
        ),
        (
            'currency = "RUB"',
            'currency = "AED"\nmethods = ["link"]',
            'products[1] "course" . offers[1] "month": methods: none of these takes AED',
        ),
        (
            'product = "course"',
            'product = "curse"',
            "promocodes[1] \"SPRING\" . product: no product has the key 'curse'",
        ),
        ('key = "two"', 'key = "one"', "modules \"python\" . lessons: key 'one' is there 2 times"),
    ],
)
def test_errors_name_table_and_key(before: str, after: str, line: str) -> None:
    source = SMALL if before in SMALL else ASKING
    assert before in source
    assert wrong(source.replace(before, after, 1)) == [line]


def test_what_telegram_would_refuse_as_a_document_is_known_before() -> None:
    source = SMALL.replace('name = "Python"', 'name = "Python"\nformat = "rich"', 1)
    many = source.replace(
        'text = "First"', f'markdown = """{"- x" + chr(10)}"""'.replace("- x\n", "- x\n" * 250)
    )
    assert wrong(many) == [
        'modules "python" . lessons "one": too large for one rich message: 503 blocks, at most 500'
    ]
    assert parse(many.replace('format = "rich"', "")).modules[0].format == "classic"


def test_every_error_is_said_at_once() -> None:
    assert len(wrong(SMALL.replace('title = "Two"', "").replace("days = 14", "days = 0"))) == 2


@pytest.mark.parametrize("number", ["nan", "-inf", "1e999999999", "1e99999999999999999999"])
def test_a_number_that_is_none(number: str) -> None:
    source = SMALL.replace("price = 990.5", f"price = {number}")
    assert source != SMALL
    assert wrong(source) == [f"not TOML: {number} is no number, or too large"]


@pytest.mark.parametrize("source", ["", "a = [", "modules = 5", "modules = [5]", "a = " + "[" * 5000])
def test_not_a_catalogue(source: str) -> None:
    assert len(wrong(source)) == 1


def test_unreadable_files(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes('name = "école"'.encode("latin-1"))
    for path in (tmp_path, tmp_path / "absent", latin):
        with pytest.raises(CatalogueError):
            files.read(path)


def test_faults_are_said_in_russian() -> None:
    with Localizer("ru", UTC).use_locale("ru"):
        with pytest.raises(CatalogueError) as refused:
            parse("[[modules]]\nkey = 'a'\nnam = 'A'\n")
        said = [faults.word(line) for line in refused.value.lines]
    assert said == [
        'modules[1] "a" . name: не указано',
        'modules[1] "a" . nam: неизвестное поле; может быть, name?',
    ]
