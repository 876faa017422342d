"""An e-mail address as a person types it. Whether mail arrives there is not asked."""

import re
import unicodedata
from enum import StrEnum, auto

from email_validator import EmailNotValidError, validate_email

from db.normal import email_form

NO_DOT = re.compile(r"[^@\s]+@[\w-]+")
# Scripts whose letters look like another one's; beside Han or Hangul, Latin is usual.
LOOK_ALIKE = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "COPTIC", "CHEROKEE"}
# Letters that pass for Latin ones: a name of nothing else under a Latin ending is a forgery.
PASS_FOR_LATIN = frozenset("асԁеһіјӏорԛѕԝхуьпгѵѡ" + "ανικορτυωχ")


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
    written = email_form(text)
    if NO_DOT.fullmatch(written):
        raise WrongEmailError(EmailProblem.NO_DOT, written.rpartition("@")[2])
    try:
        found = validate_email(written, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise WrongEmailError(EmailProblem.NONE_AT_ALL) from error
    labels = found.domain.split(".")
    for part in (found.local_part, *labels):
        if len(_scripts(part) & LOOK_ALIKE) > 1:
            raise WrongEmailError(EmailProblem.MIXED_LETTERS, part)
    for label in labels[:-1]:
        if labels[-1].isascii() and not label.isascii() and _passes_for_latin(label):
            raise WrongEmailError(EmailProblem.MIXED_LETTERS, f"{label}.{labels[-1]}")
    return email_form(found.normalized)


def _scripts(text: str) -> set[str]:
    return {unicodedata.name(char, "?").split()[0] for char in text if char.isalpha()}


def _passes_for_latin(label: str) -> bool:
    return PASS_FOR_LATIN.issuperset(char for char in label if char.isalpha())
