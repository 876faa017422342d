"""No secret and no personal value in a line of the log, whatever says it and in whichever format."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from pydantic import BaseModel

from bot import logs

TOKEN = "7777777777:AAF-abcdefghijklmnopqrstuvwxyz012345"
PASSWORD = "p4ss-w0rd-of-the-shop"
HIDDEN = [TOKEN, PASSWORD, "anna", "example.com", "79991112233", "999-11", "orderId"]


@pytest.fixture(params=["console", "json"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def told(form: str) -> Iterator[io.StringIO]:
    """What the log says from now on."""
    root = logging.getLogger()
    before, config = (root.handlers[:], root.level), structlog.get_config()
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


FAILURES: list[Callable[[], None]] = [refused_input, quoted, details, parameters, address, secret]


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


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (f"token {TOKEN}", "token [token]"),
        (f"https://u:x@h.example/a?b={PASSWORD}", "https://h.example/…"),
        ("Anna <anna@example.com>", "Anna <[e-mail]>"),
        ("call +7 999 111-22-33 or 89991112233", "call [phone] or [phone]"),
        ("22e12f66-000f-5000-8000-18db351245c7", "22e12f66-000f-5000-8000-18db351245c7"),
        ("update 700000001 of chat 7000000001", "update 700000001 of chat 7000000001"),
    ],
)
def test_what_looks_private_is_masked(value: str, shown: str) -> None:
    assert logs.Masker().mask(value) == shown


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


LONG = 'end of "\nAnna\n" and "Anna, cut'


def test_a_quotation_over_lines_or_without_an_end_is_left_out() -> None:
    assert logs.Masker().foreign(LONG) == "end of … and …"


def test_an_exception_keeps_its_kind() -> None:
    event = logs.Sanitizer(logs.Masker())(None, "error", {"event": "failed", "error": OSError("away")})
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
