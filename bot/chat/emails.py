"""An e-mail address as a person types it. Whether mail arrives there is not asked."""

import re
import unicodedata
from enum import StrEnum, auto

from email_validator import EmailNotValidError, validate_email

from db.normal import email_form

MAX_WRITTEN = 512  # characters with all that is around; an address itself has at most 254
NO_DOT = re.compile(r"[^@\s]+@[\w-]+")
# Scripts whose letters look like another one's; beside Han or Hangul, Latin is usual.
LOOK_ALIKE = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"}
# Those that Unicode recommends for names (UAX #31): no domain is otherwise written in Cherokee or Lisu, whose letters
# are drawn as Latin ones.
SCRIPTS = LOOK_ALIKE | {
    "ARABIC", "BENGALI", "BOPOMOFO", "CJK", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "GUJARATI", "GURMUKHI", "HANGUL",
    "HEBREW", "HIRAGANA", "IDEOGRAPHIC", "KANNADA", "KATAKANA", "KATAKANA-HIRAGANA", "KHMER", "LAO", "MALAYALAM",
    "MYANMAR", "ORIYA", "SINHALA", "TAMIL", "TELUGU", "THAANA", "THAI", "TIBETAN",
}  # fmt: skip
# Letters of their own in Europe's languages; every other one has to be an ASCII letter with its accents.
LATIN_LETTERS = frozenset("ßæœøłđþðħŋə")
# Letters that pass for Latin ones: a name of nothing else under a Latin ending is a forgery.
PASS_FOR_LATIN = frozenset("асԁеһіјӏорԛѕԝхуьпгѵѡ" + "ανικορτυωχ" + "հյլոցսօ")
# Every ending in letters that look like another script's, as the root zone has them in 2026.
ENDINGS = {
    "рф", "рус", "бел", "укр", "москва", "дети", "онлайн", "сайт", "орг", "ком", "бг", "мкд", "мон", "қаз", "срб", "ею",
    "католик", "ελ", "ευ", "հայ",
}  # fmt: skip


class EmailProblem(StrEnum):
    NONE_AT_ALL = auto()
    NO_DOT = auto()
    MIXED_LETTERS = auto()


class WrongEmailError(ValueError):
    """`part` is what is wrong of it, where that is known."""

    def __init__(self, problem: EmailProblem, part: str = "") -> None:
        super().__init__(problem)
        self.problem, self.part = problem, part


def read_email(text: str) -> str:
    """Its normal form. Raises WrongEmailError."""
    if len(text) > MAX_WRITTEN:
        raise WrongEmailError(EmailProblem.NONE_AT_ALL)
    written = email_form(text)
    if NO_DOT.fullmatch(written):
        raise WrongEmailError(EmailProblem.NO_DOT, written.rpartition("@")[2])
    try:
        found = validate_email(written, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise WrongEmailError(EmailProblem.NONE_AT_ALL) from error
    labels = found.domain.split(".")
    for part in (found.local_part, *labels):
        if _is_deceptive(part):
            raise WrongEmailError(EmailProblem.MIXED_LETTERS, part)
    ending = labels[-1]
    if _scripts(ending) & LOOK_ALIKE and not ending.isascii() and ending not in ENDINGS:
        raise WrongEmailError(EmailProblem.MIXED_LETTERS, found.domain)
    for label in labels[:-1]:
        if ending.isascii() and not label.isascii() and _passes_for_latin(label):
            raise WrongEmailError(EmailProblem.MIXED_LETTERS, f"{label}.{ending}")
    return email_form(found.normalized)


def _scripts(text: str) -> set[str]:
    return {unicodedata.name(char, "?").split()[0] for char in text if char.isalpha()}


def _is_deceptive(text: str) -> bool:
    """Letters of several scripts that look alike, or such as are in use for nothing else."""
    scripts = _scripts(text)
    latin = [char for char in text if _scripts(char) == {"LATIN"}]
    return not scripts <= SCRIPTS or len(scripts & LOOK_ALIKE) > 1 or not all(map(_is_usual, latin))


def _is_usual(latin: str) -> bool:
    return unicodedata.normalize("NFD", latin)[0].isascii() or latin in LATIN_LETTERS


def _passes_for_latin(label: str) -> bool:
    return PASS_FOR_LATIN.issuperset(char for char in label if char.isalpha())
