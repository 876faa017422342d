"""Tables as files, as spreadsheets of Russia write and read them."""

import csv
import re
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum, auto
from io import StringIO

from db.normal import clean_text

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


def to_csv(table: Sequence[Sequence[str]]) -> bytes:
    """UTF-8 with its mark, semicolons. No cell is ever a formula."""
    written = StringIO()
    writer = csv.writer(written, delimiter=";")
    writer.writerows([[f"'{cell}" if cell.startswith(FORMULA) else cell for cell in row] for row in table])
    return written.getvalue().encode("utf-8-sig")


# --- lists of people ---

MAX_BYTES = 1_000_000
MAX_PEOPLE = 500
BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")
ARCHIVES = (b"PK", b"\xd0\xcf\x11\xe0")  # how files of spreadsheets begin
ENCODINGS = ("utf-8-sig", "cp1251")
DELIMITERS = (";", "\t", ",")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
NUMBER = re.compile(r"#\s?\d+")
DIGITS = re.compile(r"\+?\d[\d\s().-]{4,18}")
MAX_NAMES = 3  # cells of a row of names
HAS_LETTERS = re.compile(r"[^\W\d_]")
# Columns that name people, the surest first, as their titles begin.
TITLES = (
    ("e-mail", "email", "mail", "почта", "эл. почта", "электронная почта", "адрес почты"),
    ("account", "аккаунт", "telegram", "телеграм", "tg", "id"),
    ("phone", "телефон", "тел."),
    (
        "surname",
        "last name",
        "фамилия",
        "фио",
        "full name",
        "name",
        "имя",
        "student",
        "pupil",
        "ученик",
        "участник",
    ),
)


class ListFault(StrEnum):
    BINARY = auto()
    SPREADSHEET = auto()
    EMPTY = auto()
    TOO_MANY = auto()
    NO_COLUMN = auto()
    REFUSED = auto()  # by Telegram: too large, or no longer there


class ListError(Exception):
    def __init__(self, fault: ListFault) -> None:
        super().__init__(fault)
        self.fault = fault


def read_people(data: bytes) -> list[str]:
    """Of each line of the file whom it names, empty where it names nobody: by an e-mail, else by a number or a phone,
    else by a name. Under titles only the columns that name people are looked at. Raises ListError."""
    lines = _decode(data).splitlines()
    try:
        table = list(csv.reader(lines, delimiter=_delimiter(lines)))
    except csv.Error as error:
        raise ListError(ListFault.BINARY) from error
    first = next((at for at, row in enumerate(table) if any(cell.strip() for cell in row)), None)
    if first is None:
        raise ListError(ListFault.EMPTY)
    columns = _columns(table[first])
    if columns is not None:
        table[first] = []
    found = [_who(row, columns) for row in table]
    if not any(found):
        raise ListError(ListFault.EMPTY)
    if sum(map(bool, found)) > MAX_PEOPLE:
        raise ListError(ListFault.TOO_MANY)
    return found


def _decode(data: bytes) -> str:
    if data.startswith(ARCHIVES):
        raise ListError(ListFault.SPREADSHEET)
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ENCODINGS
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            if not BINARY.search(text):
                return text
    raise ListError(ListFault.BINARY)


def _delimiter(lines: Sequence[str]) -> str:
    """The one that most lines have; a list without one is a column."""
    return max(DELIMITERS, key=lambda sign: sum(sign in line for line in lines))


def _begins(title: str, words: Sequence[str]) -> bool:
    """With one of these words, not with a name that begins like one."""
    return any(re.match(rf"{re.escape(word)}(?![^\W_])", title) for word in words)


def _columns(row: Sequence[str]) -> list[int] | None:
    """Of a row of titles, the columns that name people, the surest first; None where it is a row like the others."""
    titles = [cell.strip().casefold() for cell in row]
    found = [at for group in TITLES for at, title in enumerate(titles) if _begins(title, group)]
    data = any("@" in title or any(map(str.isdecimal, title)) for title in titles)
    if data or not (found or len(titles) > MAX_NAMES):
        return None
    if not found:
        raise ListError(ListFault.NO_COLUMN)
    return list(dict.fromkeys(found))


def _who(row: Sequence[str], columns: Sequence[int] | None) -> str:
    chosen = row if columns is None else [row[at] for at in columns if at < len(row)]
    cells = [cell for cell in map(clean_text, chosen) if cell]
    for kind in (EMAIL, NUMBER, DIGITS):
        for cell in cells:
            if kind.fullmatch(cell):
                return cell
    named = [cell for cell in cells if HAS_LETTERS.search(cell)]
    return " ".join(named) or " ".join(cells)
