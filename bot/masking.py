"""Text fit for the log: what is known to be secret is masked by its value; what looks like a token, an address, an
e-mail or a phone number by its form, however it is written; and of what others say (an exception's message, a
library's record) only the words before the first quotation are kept, since quotations are where names and texts of
people come in, and where one ends nobody can tell. Tracebacks have no local variables and no more than
`MAX_TRACEBACK` bytes.

Every pattern begins where a word does and never goes back over it, so that it takes time in proportion to the text.
"""

import re
import traceback
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from db.normal import number_form

MAX_TRACEBACK = 6000  # bytes
MAX_VALUE = 1000  # characters of one value in a line
MAX_READ = 4 * MAX_VALUE  # characters that are looked through; the rest is cut off unread
MAX_FRAMES = 12  # of each exception of a chain, the innermost
MIN_SECRET = 6  # characters; a shorter one would mask ordinary words

TOKEN = re.compile(r"(?<!\d)\d{5,}(?::|%(?:25)?3A)[A-Za-z0-9_-]{20,}", re.I)
CREDENTIALS = re.compile(r"\b(password|passwd|secret|token)=[^\s&]+|\b(basic|bearer) [\w+/=.~-]{8,}", re.I)
ADDRESS = re.compile(r"(?<![a-z0-9+.-])(?P<origin>[a-z0-9+.-]++://)(?P<rest>[^\s'\"<>]*)", re.I)
# With an @ behind it, a host may be the beginning of a password with a / in it.
HOST = re.compile(r"(?:[^/?#@]*@)?(?P<host>(?:[\w.-]+|\[[0-9a-f:]+\])(?::\d+)?)(?![^/?#])[^@]*", re.I)
BARE_ADDRESS = re.compile(
    r"(?<![\w.-])(?P<host>(?:[\w-]++\.)+[^\W\d_]{2,}(?::\d+)?)(?:/|%(?:25)?2F)[^\s'\"<>]*", re.I
)
IN_EMAIL = r"[^\s@<>'\"(),;:=]"
EMAIL = re.compile(
    rf"(?:(?<!{IN_EMAIL}){IN_EMAIL}++|\"[^\"\n]*+\")@{IN_EMAIL}*[^\s@<>'\"(),;:=.]"
    r"|(?<![\w.+-])[\w.+-]++%(?:25)?40[\w.-]+",
    re.I,
)
# With a plus of any country; without one Russian: as it is dialled at home, or a mobile one without its first digit.
PHONE = re.compile(
    r"(?<![\w.-])(?:\+\d[\d\s().-]{7,18}\d|(?:[78][\s().-]{0,3}[3489]|\(?9|\([348])\d\d[\s().-]{0,3}\d{3}(?:[\s.-]?\d\d){2})"
    r"(?![\w-])"
)
# PostgreSQL's details hold the row or the key; SQLAlchemy's hold the statement's arguments.
DETAILS = re.compile(r"(?:DETAIL:|CONTEXT:|\[parameters:|\[SQL:).*", re.S)
# All quotes but the apostrophe of "can't"; and letters that no library writes its messages in. "…" is our own.
QUOTATION = re.compile(r"(?:[\"`{<]|(?<!n)'|'(?!t\b)|[^\x00-\x7f…]).*", re.S)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Masker:
    """Makes text fit for the log. `secrets` are masked wherever their value turns up."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({secret for secret in secrets if len(secret) >= MIN_SECRET}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, known))) if known else None

    def mask(self, text: str) -> str:
        """Secrets, tokens, all of an address but its host, e-mails and phone numbers, in any digits and dashes."""
        # Of a secret that would be cut in two all is masked first.
        text = self.without_secrets(text[: 2 * MAX_READ])[:MAX_READ]
        if not text.isascii() and (masked := _mask(plain := number_form(text))) != plain:
            return masked
        return _mask(text)

    def without_secrets(self, text: str) -> str:
        """For whoever runs a command: what it is about stays readable."""
        return text if self._secrets is None else self._secrets.sub("[secret]", text)

    def foreign(self, text: str) -> str:
        """What a library or an exception says: masked, and up to what it quotes."""
        return QUOTATION.sub("…", self.mask(DETAILS.sub("", text[: 2 * MAX_READ])), count=1)

    def value(self, value: Any) -> Any:
        """A value of one of our own events. Exceptions are handed over as they are: as text they would lose what
        tells their own words from those they quote."""
        if isinstance(value, (bool, int, float)) or value is None:
            return value
        if isinstance(value, BaseException):
            return self.exception(value)
        if isinstance(value, dict):
            return {self._text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.value(item) for item in value]
        return self._text(value)

    def _text(self, value: Any) -> str:
        try:
            return one_line(self.mask(str(value)))
        except Exception:  # a line of the log must not fail over what somebody's object says of itself
            return f"[{type(value).__name__}]"

    def exception(self, error: BaseException) -> str:
        return one_line(f"{type(error).__qualname__}: {self.foreign(describe(error))}")

    def traceback(self, error: BaseException) -> str:
        """At most `MAX_TRACEBACK` bytes; the frames where the exception was raised are kept."""
        lines = []
        for exception in reversed(chain(error)):
            frames = traceback.extract_tb(exception.__traceback__, limit=-MAX_FRAMES)
            lines += [escape(line) for frame in frames for line in frame_lines(frame)]
            lines.append(self.exception(exception))
        return clip("\n".join(lines))


def _mask(text: str) -> str:
    text = TOKEN.sub("[token]", text)
    text = ADDRESS.sub(lambda found: f"{found['origin']}{_host(found['rest'])}…", text)
    text = CREDENTIALS.sub("[secret]", text)
    text = EMAIL.sub("[e-mail]", text)
    text = BARE_ADDRESS.sub(lambda found: f"{found['host']}/…", text)
    return PHONE.sub("[phone]", text)


def _host(rest: str) -> str:
    """Of an address, with its slash; empty where it is not plain which part that is."""
    found = HOST.fullmatch(rest)
    return f"{found['host']}/" if found else ""


def frame_lines(frame: traceback.FrameSummary) -> list[str]:
    where = f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
    return [where, f"    {frame.line[:200]}"] if frame.line else [where]


def chain(error: BaseException) -> list[BaseException]:
    """The exception, then what it came from; of a group, its members too. At most ten in all."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(found) < 10:
        one = waiting.pop(0)
        if one is None or one in found:
            continue
        found.append(one)
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(one.exceptions)
        waiting.append(one.__cause__ or (None if one.__suppress_context__ else one.__context__))
    return found


def describe(error: BaseException) -> str:
    """The exception's message; pydantic's without the input it refused."""
    if isinstance(error, ValidationError):
        places = (
            ".".join(map(str, item["loc"])) + f" {item['type']}" for item in error.errors(include_input=False)
        )
        return f"{error.title}: {', '.join(places)}"
    if (said := _database_error(error)) is not None:
        return said
    try:
        return str(error)
    except Exception:
        return "no message"


# SQLSTATE classes whose messages are about the server, the way to it, or our statements, never about a row.
WITHOUT_ROWS = ("08", "28", "3D", "3F", "40", "42", "53", "55", "57", "58", "XX")


def _database_error(error: BaseException) -> str | None:
    """PostgreSQL's error by its code and the names it gives; its message only where that can't hold a row's values."""
    original = getattr(error, "orig", None) or error
    cause = original.__cause__ or original
    state = getattr(original, "sqlstate", None)
    if not isinstance(state, str):
        return None
    names = (getattr(cause, name, None) for name in ("table_name", "column_name", "constraint_name"))
    message = str(original).partition("\n")[0] if state.startswith(WITHOUT_ROWS) else ""
    return " ".join(str(part) for part in (state, type(cause).__name__, *names, message) if part)


def one_line(text: str) -> str:
    return escape(text.strip().replace("\n", " ⏎ "))[:MAX_VALUE]


def escape(text: str) -> str:
    """Control characters and what turns the direction of a text round: they could forge lines."""
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def clip(text: str) -> str:
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= MAX_TRACEBACK:
        return data.decode()
    head, tail = data[: MAX_TRACEBACK // 4], data[-(MAX_TRACEBACK * 3 // 4 - 20) :]
    return f"{head.decode(errors='ignore')}\n  […]\n{tail.decode(errors='ignore')}"
