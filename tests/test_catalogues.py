"""The Russian wording is whole: each text of the code is translated, keeps its fields, and is compiled."""

import string
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.texts import LANGUAGES, LOCALES

ROOT = Path(__file__).parents[1]
TRANSLATED = [language for language in LANGUAGES if language != "en"]
KEYWORDS = {"_": None, "__": None, "Fault": None, "plural": (1, 2)}
Text = str | list[str] | tuple[str, ...] | None


def texts(of: Text) -> tuple[str, ...]:
    return (of or "",) if isinstance(of, str | None) else tuple(of)


def fields(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def written() -> set[object]:
    """All texts of the code, as gettext finds them."""
    found = (
        extract_from_dir(ROOT / folder, [("**.py", "python")], keywords=KEYWORDS)
        for folder in ("bot", "handlers", "db/catalogue")
    )
    return {message for each in found for _file, _line, message, _comments, _context in each}


def source(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "messages.po"


def catalogue(language: str) -> Catalog:
    with source(language).open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: str) -> None:
    whole = {message.id for message in catalogue(language) if message.id and all(texts(message.string))}
    assert sorted(map(str, written() - whole)) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_over(language: str) -> None:
    told = {message.id for message in catalogue(language) if message.id}
    assert sorted(map(str, told - written())) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_the_fields(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            wanted = fields(texts(message.id)[-1])
            assert [text for text in texts(message.string) if text and fields(text) != wanted] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_compiled_catalogue_is_up_to_date(language: str) -> None:
    fresh = BytesIO()
    write_mo(fresh, catalogue(language))
    assert source(language).with_suffix(".mo").read_bytes() == fresh.getvalue()
