"""Logging: structlog for our events and the libraries' records alike, on standard error.

No secret and no personal value gets into a line, at any level, in either format: all of it goes through the
`Sanitizer`, with what `bot/masking.py` leaves of it. What can't be formatted, and what fails in a thread or while an
object is thrown away, is said the same way, never as Python would print it.
"""

import logging
import sys
import threading
from collections.abc import Iterable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TextIO

import structlog

from bot.masking import Masker, one_line

OURS = ("bot", "db", "handlers", "main", "__main__")
# Records of libraries below WARNING say what went over the wire.
LIBRARY_LEVEL = logging.WARNING

FOREIGN = ("error", "reason", "about")  # under these keys stands what others say
MAX_WARNINGS, MINUTE = 30, 60.0  # of one kind, and seconds

Event = MutableMapping[str, Any]


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


class Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:
        """What can't be formatted is said without what it says: Python would print the arguments."""
        place = f"{record.pathname}:{record.lineno}"
        told = logging.LogRecord(
            record.name,
            record.levelno,
            record.pathname,
            record.lineno,
            f"a line can't be formatted, {place}",
            (),
            None,
        )
        with suppress(Exception):
            self.stream.write(self.format(told) + self.terminator)
            self.flush()


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
    handler = Handler(sys.stderr)
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
    threading.excepthook = lambda found: _log_uncaught(found.exc_type, found.exc_value, found.exc_traceback)
    sys.unraisablehook = lambda found: _log_uncaught(found.exc_type, found.exc_value, found.exc_traceback)


def _renderer(form: str) -> Any:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


def _log_uncaught(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if issubclass(kind, (KeyboardInterrupt, SystemExit)):
        return
    logging.getLogger("main").critical("uncaught", exc_info=error)
