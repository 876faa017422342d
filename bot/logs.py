"""Logging: structlog for our events and the libraries' records alike, on standard error.

No secret and no personal value gets into a line, at any level, in either format. Three things see to that: what is
known to be secret is masked by its value; what looks like a token, an address, an e-mail or a phone number is masked
by its form; and what others quote (an exception's message, a library's record) loses its quotations, since these are
where names and texts of people come in. Tracebacks have no local variables and no more than `MAX_TRACEBACK` bytes.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import structlog
from pydantic import ValidationError

MAX_TRACEBACK = 6000  # bytes
MAX_VALUE = 1000  # characters of one value in a line
MAX_READ = 4 * MAX_VALUE  # characters that are looked through; the rest is cut off unread
MAX_FRAMES = 12  # of each exception of a chain, the innermost
MIN_SECRET = 6  # characters; a shorter one would mask ordinary words
OURS = ("bot", "db", "handlers", "main", "__main__")
# Records of libraries below WARNING say what went over the wire.
LIBRARY_LEVEL = logging.WARNING

TOKEN = re.compile(r"(?<!\d)\d{5,}:[A-Za-z0-9_-]{20,}")
ADDRESS = re.compile(
    r"(?P<origin>[a-z][a-z0-9+.-]*://)(?:[^\s/?#'\"<>]*@)?(?P<host>[^\s/?#'\"<>@]*)[^\s'\"<>]*", re.I
)
EMAIL = re.compile(r"[^\s@<>'\"(),;:=]+@[^\s@<>'\"(),;:=]*[^\s@<>'\"(),;:=.]")
PHONE = re.compile(r"(?<![\w.-])(?:\+\d[\d\s()-]{7,18}\d|[78]\d{10})(?![\w-])")
# PostgreSQL's details hold the row or the key; SQLAlchemy's hold the statement's arguments.
DETAILS = re.compile(r"(?:DETAIL:|CONTEXT:|\[parameters:|\[SQL:).*?(?=\nHINT:|\Z)", re.S)
# A quotation may go over lines, and one that was cut has no end.
QUOTED = re.compile(r"\"[^\"]*(?:\"|\Z)|'[^']*'|`[^`]*`|“[^”]*”|„[^“]*“|«[^»]*»|\{.*\}|<[^<>]*>", re.S)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")

FOREIGN = ("error", "reason", "about")  # under these keys stands what others say
MAX_WARNINGS, MINUTE = 30, 60.0  # of one kind, and seconds

Event = MutableMapping[str, Any]


class Masker:
    """Makes text fit for the log. `secrets` are masked wherever their value turns up."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({secret for secret in secrets if len(secret) >= MIN_SECRET}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, known))) if known else None

    def mask(self, text: str) -> str:
        """Secrets, tokens, all of an address but its host, e-mails and phone numbers."""
        text = text[:MAX_READ]
        if self._secrets is not None:
            text = self._secrets.sub("[secret]", text)
        text = TOKEN.sub("[token]", text)
        text = ADDRESS.sub(lambda found: f"{found['origin']}{found['host']}/…", text)
        text = EMAIL.sub("[e-mail]", text)
        return PHONE.sub("[phone]", text)

    def foreign(self, text: str) -> str:
        """What a library or an exception says: masked, and without what it quotes."""
        return QUOTED.sub("…", self.mask(DETAILS.sub("", text[:MAX_READ])))

    def value(self, value: Any) -> Any:
        """A value of one of our own events. Exceptions are handed over as they are: as text they would lose what
        tells their own words from those they quote."""
        if isinstance(value, (bool, int, float)) or value is None:
            return value
        if isinstance(value, BaseException):
            return self.exception(value)
        if isinstance(value, dict):
            return {str(key): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.value(item) for item in value]
        return one_line(self.mask(str(value)))

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


class Sanitizer:
    """The processor that every event and every library's record goes through."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker

    def __call__(self, logger: Any, method: str, event: Event) -> Event:
        if event.pop("stack", None):  # a stack without an exception says nothing that the event does not
            event.pop("stack_info", None)
        error = exception_of(event.pop("exc_info", None))
        record = event.get("_record")
        foreign = record is not None and not event.get("_from_structlog")
        for key, value in list(event.items()):
            if key in ("_record", "_from_structlog", "timestamp", "level", "logger"):
                continue
            if isinstance(value, BaseException) or not (key in FOREIGN or (foreign and key == "event")):
                event[key] = self._masker.value(value)
            else:
                event[key] = one_line(self._masker.foreign(str(value)))
        if error is not None:
            event["exception"] = self._masker.traceback(error)
        return event


@dataclass(slots=True)
class _Minute:
    since: float
    count: int = 0


class WarningLimit(logging.Filter):
    """What strangers can cause is a warning at most, and fills no disk: of each kind so many in a minute are said, and
    the first one after it says how many were `left_out`. Errors are never left out."""

    def __init__(self) -> None:
        super().__init__()
        self._minutes: dict[
            object, _Minute
        ] = {}  # by kind: our events' names, and the places of libraries' warnings

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno != logging.WARNING:
            return True
        ours = record.msg if isinstance(record.msg, dict) else None
        kind = ours["event"] if ours else (record.pathname, record.lineno)
        minute = self._minutes.setdefault(kind, _Minute(record.created))
        if not 0 <= record.created - minute.since < MINUTE:
            if ours and minute.count > MAX_WARNINGS:
                ours["left_out"] = minute.count - MAX_WARNINGS
            minute.since, minute.count = record.created, 0
        minute.count += 1
        return minute.count <= MAX_WARNINGS


def exception_of(info: Any) -> BaseException | None:
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple):
        return info[1] if isinstance(info[1], BaseException) else None
    return info if isinstance(info, BaseException) else None


def set_up(form: str, level: str, secrets: Iterable[str] = ()) -> None:
    """`form`: console or json. `secrets`: values that are masked wherever they turn up."""
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before[:-1],
            processors=[
                Sanitizer(Masker(secrets)),
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(form),
            ],
        )
    )
    handler.addFilter(WarningLimit())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.getLevelNamesMapping()[level], LIBRARY_LEVEL))
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught


def _renderer(form: str) -> Any:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("main").critical("uncaught", exc_info=error)
