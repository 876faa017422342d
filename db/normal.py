"""One normal form for what people type, used when it is stored and when it is compared, whatever locale and
collation the database has: promo codes, e-mails, names, numbers.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

import idna

MAX_FORM = 256  # characters: a form must fit into an index, whatever somebody has stored
MAX_CODE = 58  # characters: Telegram carries 64 after start=, of which "promo_" takes six
MAX_NAME = 128  # characters: Telegram's first and last name

# Control, format, surrogate: nothing of them is seen. PostgreSQL's text takes neither NUL nor surrogates.
INVISIBLE = {"Cc", "Cf", "Cs"}
# What Unicode calls default ignorable without putting it in Cf, and the Braille blank.
IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
QUOTES = "\"'`«»‹›“”„‟‘’‚‛「」『』"
# Joiners belong to what they join: emoji, and words of Persian and of India's languages.
JOINERS = "\u200c\u200d"
PLAIN_SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is read for another one: I, L, O, 0, 1
MINUS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")

# A number in its form. Thousands stand apart by one and the same sign, and the fraction by another one.
WRITTEN_NUMBER = re.compile(
    r"(?P<whole>[1-9]\d{0,2}(?P<apart>[ .,'’])\d{3}(?:(?P=apart)\d{3})*|\d+)(?:(?!(?P=apart))[.,](?P<rest>\d+))?"
)
# Thousands and a fraction look the same.
AMBIGUOUS_NUMBER = re.compile(r"[1-9]\d{0,2}(?:[ '’]\d{3})*[.,]\d{3}")


def clean_text(text: str) -> str:
    """What is seen of a text: compatible characters are one, blanks are single, quotes around it are gone."""
    return _repeat(_clean, text)


def promo_form(code: str) -> str:
    """Equal for codes that are the same to people. Empty for what holds nothing to be seen."""
    return _repeat(lambda text: clean_text(text.casefold()), clean_text(code))[:MAX_FORM]


def answer_form(text: str) -> str:
    """Equal for answers that are the same to a teacher: letter case, ё and е, and what ends a sentence make no
    difference. Empty for what holds nothing to be seen."""
    form = _repeat(lambda text: clean_text(text.casefold()), clean_text(text)).replace("ё", "е")
    return form.rstrip(".!?…,; ") or form


def email_form(text: str) -> str:
    """Equal for the same address: lower case, the domain in Unicode. Whether it is an address is not asked."""
    return _repeat(_email, text)


def _email(text: str) -> str:
    cleaned = clean_text(text).removeprefix("<").removesuffix(">")
    lowered = re.sub(r"^mailto:", "", cleaned, flags=re.IGNORECASE).lower()
    local, at, domain = lowered.rpartition("@")
    return f"{local}{at}{'.'.join(map(_unicode_label, domain.split('.')))}"


# For SQL: not an address whose form is itself in lower case. Whoever looks for one by its form reads these, too.
UNUSUAL_EMAIL = r"""(email COLLATE "C") !~ '^(?!.*[xX][nN]--)[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$'"""


@lru_cache(maxsize=4096)
def name_form(text: str | None, fallback: str) -> str:
    """A name fit to be shown: on one line, never empty, no signs that turn the line round or can't be seen."""
    return visible_name(visible_name(text)[:MAX_NAME]) or fallback


def visible_name(text: str | None) -> str:
    """As `name_form`, of any length; empty where nothing of it can be seen."""
    visible = _drop_invisible(" ".join((text or "").split()), joiners=JOINERS)
    one_line = " ".join(unicodedata.normalize("NFC", visible).split()).strip(JOINERS + " ")
    return one_line if IGNORABLE.sub("", one_line).strip(JOINERS + " ") else ""


def number_form(text: str) -> str:
    """Digits of any script as 0-9, any minus sign as "-"."""
    cleaned = clean_text(text).translate(MINUS)
    return "".join(str(unicodedata.decimal(char, char)) for char in cleaned)


def _repeat(step: Callable[[str], str], text: str) -> str:
    """Until nothing changes: what one step removes may bring together what the next one composes."""
    while (changed := step(text)) != text:
        text = changed
    return text


def _clean(text: str) -> str:
    one_line = " ".join(text.split())
    visible = _drop_invisible(IGNORABLE.sub("", one_line))
    return unicodedata.normalize("NFKC", visible).strip().strip(QUOTES).strip()


def _drop_invisible(text: str, joiners: str = "") -> str:
    return "".join(char for char in text if char in joiners or unicodedata.category(char) not in INVISIBLE)


def _unicode_label(label: str) -> str:
    """One label of a domain; as it is where it is none."""
    try:
        return idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return label
