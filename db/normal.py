"""One normal form for what people type, used when it is stored and when it is compared, whatever locale and
collation the database has: promo codes, e-mails, names, numbers.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

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
AROUND = QUOTES + " "
# Joiners belong to what they join: emoji, and words of Persian and of India's languages.
JOINERS = "\u200c\u200d"
PLAIN_SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is read for another one: I, L, O, 0, 1
MINUS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")
# What keyboards and editors put for an apostrophe, a quote or a dash.
PLAIN = (
    MINUS
    | dict.fromkeys(map(ord, "`\u00b4\u02b9\u02bc\u2018\u2019\u201a\u201b\u2032\u2039\u203a"), "'")
    | dict.fromkeys(map(ord, "«»\u201c\u201d\u201e\u201f\u2033\u300c\u300d\u300e\u300f"), '"')
)
# Compatible with digits, and no digits of a number: superscripts, fractions, numbers in circles.
NUMERALS = re.compile(
    "([\u00b2\u00b3\u00b9\u00bc-\u00be\u2070\u2074-\u2079\u2080-\u2089\u2150-\u215f\u2189\u2460-\u249b"
    "\u24ea\u3251-\u325f\u32b1-\u32bf\U0001f100-\U0001f10a]+)"
)
MAX_MARKS = (
    30  # on one letter, as in Unicode's Stream-Safe Text Format: putting them in order takes quadratic time
)

# A number in its form. Thousands stand apart by one and the same sign, and the fraction by another one.
WRITTEN_NUMBER = re.compile(
    r"(?P<whole>[1-9]\d{0,2}(?P<apart>[ .,'’])\d{3}(?:(?P=apart)\d{3})*|\d+)(?:(?!(?P=apart))[.,](?P<rest>\d+))?"
)
# Thousands and a fraction look the same.
AMBIGUOUS_NUMBER = re.compile(r"[1-9]\d{0,2}(?:[ '’]\d{3})*[.,]\d{3}")


def clean_text(text: str) -> str:
    """What is seen of a text: compatible characters are one, blanks are single, quotes around it are gone. Numerals
    that are no digits stay what they are: 10² is not 102."""
    return _repeat(_clean, text)


def promo_form(code: str) -> str:
    """Equal for codes that are the same to people. Empty for what holds nothing to be seen."""
    return _repeat(_plain, code)[:MAX_FORM]


def answer_form(text: str) -> str:
    """Equal for answers that are the same to a teacher: as codes are, and what ends a sentence makes no difference.
    Empty for what holds nothing to be seen."""
    form = _repeat(_plain, text)
    return form.rstrip(".!?…,; " + QUOTES) or form


def _plain(text: str) -> str:
    """Without letter case, ё as е; apostrophes, quotes and dashes are those of a keyboard."""
    lowered = _compose("NFKC", text.translate(PLAIN).casefold())
    return _clean(lowered).replace("ё", "е")


def email_form(text: str) -> str:
    """Equal for the same address: lower case, the domain in Unicode, without what stands around it in a sentence or a
    letter's head. Whether it is an address is not asked."""
    return _repeat(_email, text)


def _email(text: str) -> str:
    cleaned = _clean(_compose("NFKC", text).translate(MINUS))
    if named := NAMED_EMAIL.search(cleaned):
        cleaned = named[1]
    lowered = BEFORE_EMAIL.sub("", cleaned).rstrip(AFTER_EMAIL).lower()
    local, at, domain = lowered.rpartition("@")
    return f"{local}{at}{'.'.join(map(_unicode_label, domain.split('.')))}"


NAMED_EMAIL = re.compile(r"<([^<>@]+@[^<>@]+)>")
BEFORE_EMAIL = re.compile(rf"\A(?:mailto:|[<( {QUOTES}])+", re.IGNORECASE)
AFTER_EMAIL = ">),.;:!? " + QUOTES

# For SQL: not an address whose form is itself in lower case. Whoever looks for one by its form reads these, too.
UNUSUAL_EMAIL = r"""(email COLLATE "C") !~ '^(?!.*[xX][nN]--)[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$'"""


@lru_cache(maxsize=4096)
def name_form(text: str | None, fallback: str) -> str:
    """A name fit to be shown: on one line, never empty, no signs that turn the line round or can't be seen."""
    return visible_name(visible_name(text)[:MAX_NAME]) or fallback


def visible_name(text: str | None) -> str:
    """As `name_form`, of any length; empty where nothing of it can be seen."""
    visible = _drop_invisible(" ".join((text or "").split()), joiners=JOINERS)
    one_line = " ".join(_compose("NFC", visible).split()).strip(JOINERS + " ")
    return one_line if IGNORABLE.sub("", one_line).strip(JOINERS + " ") else ""


def number_form(text: str) -> str:
    """Digits of any script as 0-9, any minus sign as "-". Other numerals stay, so that it is no number: ², ½, ①."""
    cleaned = clean_text(text).translate(MINUS)
    return "".join(str(unicodedata.decimal(char, char)) for char in cleaned)


def _repeat(step: Callable[[str], str], text: str) -> str:
    """Until nothing changes: what one step removes may bring together what the next one composes."""
    while (changed := step(text)) != text:
        text = changed
    return text


def _clean(text: str) -> str:
    """All that is around goes at once: a sign at a time would take quadratic time."""
    one_line = " ".join(text.split())
    visible = _drop_invisible(IGNORABLE.sub("", one_line))
    parts = NUMERALS.split(visible)
    parts[::2] = [_compose("NFKC", part) for part in parts[::2]]
    return "".join(parts).strip(AROUND)


def _compose(form: Literal["NFC", "NFKC"], text: str) -> str:
    marks, kept = 0, []
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= MAX_MARKS:
            kept.append(char)
    # One sign may be compatible with eighteen: a message of nothing else would be as long as a book.
    return unicodedata.normalize(form, "".join(kept))[: 2 * len(text) + MAX_FORM]


def _drop_invisible(text: str, joiners: str = "") -> str:
    return "".join(char for char in text if char in joiners or unicodedata.category(char) not in INVISIBLE)


def _unicode_label(label: str) -> str:
    """One label of a domain; as it is where it is none."""
    try:
        return idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return label
