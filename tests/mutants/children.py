"""Everything is loaded once, then a child is forked for each mutant: it runs the tests that come by there, and ends
with the first that fails.
"""

import contextlib
import itertools
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import pytest

from tests import app, chat_user, database, logged
from tests.mutants import patching
from tests.mutants.edits import Mutant

PATIENCE = 12.0  # seconds; a message that a mutant keeps back is waited for so long
# What PostgreSQL says to a statement that is none: no test can be praised for that.
INVALID = re.compile(
    r"PostgresSyntaxError|UndefinedFunctionError|UndefinedColumnError|UndefinedTableError|DatatypeMismatchError"
    r"|GroupingError|FeatureNotSupportedError|AmbiguousColumnError|IndeterminateDatatypeError|CannotCoerceError"
    r"|InvalidTextRepresentationError|InvalidDatetimeFormatError|InvalidColumnReferenceError"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state`: killed, survived, timeout, invalid, untested (no test comes by), or skipped (it can't be put in)."""

    state: str
    test: str = ""
    why: str = ""
    seconds: float = 0.0
    tests: int = 0  # how many were run


def be_impatient() -> None:
    """Before the tests are loaded: they take the number over."""
    vars(chat_user)["PATIENCE"] = PATIENCE
    for function in vars(chat_user.ChatUser).values():
        if getattr(function, "__defaults__", None):
            function.__defaults__ = tuple(PATIENCE if one == 60.0 else one for one in function.__defaults__)
    vars(app)["PATIENCE"] = 2 * PATIENCE


class Child:
    """In the forked process. Ends it with a verdict at the first failure, and at the first error that is logged where
    none is expected: it would fail the test in the end."""

    def __init__(self, pipe: int, session: pytest.Session) -> None:
        self._pipe = pipe
        self._session = session
        self._item: pytest.Item | None = None
        self._ran = 0

    def run(self, items: Sequence[pytest.Item], mutant: Mutant) -> NoReturn:
        try:
            patching.apply(mutant)
        except patching.NotAppliedError:
            self.end("skipped")
        self._session.config.pluginmanager.register(self, "mutant")
        logged.ErrorLog.emit = self._emit  # type: ignore[method-assign, assignment]
        for number, item in enumerate(items):
            self._item = item
            # A next one always: what the whole session shares is not put away.
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=items[(number + 1) % len(items)])
            self._ran += 1
        self.end("survived")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.fail(str(report.longrepr))

    def fail(self, why: str) -> NoReturn:
        state = "invalid" if INVALID.search(why) else "killed"
        lines = [line for line in why.splitlines() if line.startswith("E ")] or why.splitlines()[-1:]
        self.end(state, lines[0][:200])

    def _emit(self, record: Any) -> None:
        if self._item is not None and self._item.get_closest_marker("errors_expected") is None:
            text = record.getMessage()
            state = "invalid" if INVALID.search(text) else "killed"
            self.end(state, f"logged: {text.splitlines()[-1][:200]}")

    def end(self, state: str, why: str = "") -> NoReturn:
        test = self._item.nodeid if self._item is not None and state != "survived" else ""
        os.write(self._pipe, json.dumps([state, test, why, self._ran]).encode())
        os._exit(0)


def fork(work: Callable[[int], NoReturn], limit: float, *, quiet: bool = True) -> tuple[bytes, bool]:
    """What it has written into the pipe, and whether its seconds ran out."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        vars(database)["_numbers"] = itertools.count(os.getpid() * 1000)  # of databases: all use one server
        signal.setitimer(signal.ITIMER_REAL, limit)
        for one in (signal.SIGALRM, signal.SIGTERM):
            signal.signal(one, signal.SIG_DFL)
        os.close(reader)
        if quiet:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
        try:
            work(writer)
        finally:
            os._exit(1)
    os.close(writer)
    said = b""
    with open(reader, "rb") as pipe, contextlib.suppress(OSError):
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    return said, os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM


def judge(
    session: pytest.Session,
    items: Sequence[pytest.Item],
    mutant: Mutant,
    limit: float,
    *,
    quiet: bool = True,
) -> Verdict:
    began = time.monotonic()
    sys.stdout.flush()
    said, late = fork(lambda pipe: Child(pipe, session).run(items, mutant), limit, quiet=quiet)
    seconds = time.monotonic() - began
    if late:
        return Verdict("timeout", seconds=seconds)
    if not said:
        return Verdict("killed", why="the process ended", seconds=seconds)
    state, test, why, ran = json.loads(said)
    return Verdict(state, test, why, seconds, ran)
