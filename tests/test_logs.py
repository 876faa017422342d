"""No secret and no personal value in a line of the log, whatever says it and in whichever format."""

import gc
import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator

import asyncpg
import pytest
import structlog
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from bot import logs
from bot.masking import Masker

TOKEN = "7777777777:AAF-abcdefghijklmnopqrstuvwxyz012345"
PASSWORD = "p4ss-w0rd-of-the-shop"
HIDDEN = [TOKEN, PASSWORD, "anna", "example.com", "79991112233", "999-11", "orderId"]


HOOKS = [(sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")]


@pytest.fixture(params=["console", "json"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def told(form: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the log says from now on."""
    root = logging.getLogger()
    before, config = (root.handlers[:], root.level), structlog.get_config()
    for where, hook in HOOKS:
        monkeypatch.setattr(where, hook, getattr(where, hook))  # to be put back
    logs.set_up(form, "DEBUG", [PASSWORD])
    [handler] = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    handler.setStream(stream)
    yield stream
    root.handlers[:], root.level = before
    for name in logs.OURS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.configure(**config)


class Contact(BaseModel):
    phone: int


WHO = "Anna Sokolova"
INPUT = {"phone": "Anna +79991112233", "name": WHO}
DETAILS = "duplicate key\nDETAIL:  Key (email)=(anna@example.com) already exists."
PARAMETERS = "(asyncpg) error\n[SQL: select $1]\n[parameters: ('Anna', 1)]\n(Background: no)"
ADDRESS = f"cannot connect to https://api.telegram.org/bot{TOKEN}/sendMessage?text=anna"
SECRET = f"{PASSWORD} refused for postgresql://anna:{PASSWORD}@127.0.0.1/anna"


def refused_input() -> None:
    Contact.model_validate(INPUT)


def quoted() -> None:
    int(WHO)


def details() -> None:
    raise RuntimeError(DETAILS)


def parameters() -> None:
    raise RuntimeError(PARAMETERS)


def address() -> None:
    raise OSError(ADDRESS)


def secret() -> None:
    raise OSError(SECRET)


def unpaired() -> None:
    raise ValueError(f"can't read '{WHO}'")


def with_an_apostrophe() -> None:
    raise ValueError(repr(f'He said "I\'m {WHO}"'))


def cut_inside() -> None:
    raise ValueError(
        f"invalid input for query argument $1: ['{WHO}, of a long str... (expected str, got list)"
    )


def of_another_alphabet() -> None:
    raise ValueError(f"нет такого: {WHO}")


def by_the_driver() -> None:
    cause = asyncpg.DataError(f"invalid input for query argument $1: {WHO!r}")
    raise DBAPIError("select $1", (WHO,), RuntimeError(f"<class>: {cause}")) from cause


FAILURES: list[Callable[[], None]] = [refused_input, quoted, details, parameters, address, secret]
FAILURES += [unpaired, with_an_apostrophe, cut_inside, of_another_alphabet, by_the_driver]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", ["bot.here", "somebody.elses"])
def test_an_exception_quotes_nobody(
    form: str, failure: Callable[[], None], name: str, told: io.StringIO
) -> None:
    try:
        failure()
    except Exception as error:
        structlog.get_logger(name).exception("failed", error=error, reason=str(error))
        structlog.get_logger(name).warning("failed", code=error)
        logging.getLogger(name).exception("failed: %s", error)
    said = told.getvalue()
    assert failure.__name__ in said
    for hidden in HIDDEN:
        assert hidden.lower() not in said.lower()


def test_a_long_chain_of_exceptions_stays_short(form: str, told: io.StringIO) -> None:
    def deep(depth: int) -> None:
        if depth:
            return deep(depth - 1)
        raise ValueError("ы" * 100_000)

    try:
        try:
            deep(400)
        except ValueError as first:
            raise ExceptionGroup("many", [first] * 50) from first
    except ExceptionGroup:
        structlog.get_logger("bot.here").exception("failed")
    said = told.getvalue()
    assert "in deep" in said
    assert len(said.encode()) <= 8 * 1024


def test_control_characters_forge_no_line(form: str, told: io.StringIO) -> None:
    structlog.get_logger("bot.here").info("said", words="a\n2026 [info] forged\x1b[2J\u202e")
    said = told.getvalue()
    assert said.count("\n") == 1
    assert "\x1b" not in said
    assert "\u202e" not in said
    if form == "json":
        assert json.loads(said)["event"] == "said"


def test_libraries_say_nothing_below_a_warning(form: str, told: io.StringIO) -> None:
    for name in ("sqlalchemy.engine", "aiogram.event", "pgqueuer", "urllib3", "somebody.elses"):
        logging.getLogger(name).info("%s", "anna@example.com")
    structlog.get_logger("bot.here").debug("ours")
    said = told.getvalue()
    assert "ours" in said
    assert said.count("\n") == 1


def test_an_exception_keeps_its_kind() -> None:
    event = logs.Sanitizer(Masker())(None, "error", {"event": "failed", "error": OSError("away")})
    assert event["error"] == "OSError: away"


def test_a_kind_of_warning_is_said_so_often_a_minute_and_then_counted(
    form: str, told: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_700_000_000.0
    monkeypatch.setattr("logging.time.time", lambda: now)
    monkeypatch.setattr("logging.time.time_ns", lambda: int(now * 1e9))
    log = structlog.get_logger("bot.here")
    for _ in range(logs.MAX_WARNINGS + 12):
        log.warning("by_a_stranger")
        logging.getLogger("somebody.elses").warning("by a stranger, too")
    log.warning("other")
    log.error("defect")
    said = told.getvalue()
    assert said.count("by_a_stranger") == said.count("by a stranger, too") == logs.MAX_WARNINGS
    assert "other" in said
    assert "left_out" not in said
    now += logs.MINUTE
    log.warning("by_a_stranger")
    last = told.getvalue().splitlines()[-1]
    assert "left_out" in last
    assert "12" in last


class Speechless:
    def __str__(self) -> str:
        raise RuntimeError(WHO)


class Undying:
    def __del__(self) -> None:
        address()


def test_what_python_would_print_by_itself_is_said_by_the_log(
    form: str, told: io.StringIO, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elses = logging.getLogger("somebody.elses")
    monkeypatch.setattr(
        elses, "handlers", [one for one in logging.getLogger().handlers if isinstance(one, logs.Handler)]
    )
    monkeypatch.setattr(elses, "propagate", False)  # pytest's own handler would fail over it
    elses.warning("%d letters to %s", PASSWORD, "anna@example.com")
    structlog.get_logger("bot.here").warning("said", what=Speechless(), named={"anna@example.com": 1})
    thread = threading.Thread(target=address)
    thread.start()
    thread.join()
    Undying()
    gc.collect()
    said = told.getvalue() + "".join(capfd.readouterr())
    assert said.count("uncaught") == 2
    assert "[Speechless]" in said
    assert "somebody.elses" in said
    for hidden in [*HIDDEN, WHO]:
        assert hidden.lower() not in said.lower()
