"""Which tests come by at which line, measured once; the cheapest and likeliest of them judge a mutant."""

import ast
import json
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import coverage
import pytest

from tests.mutants.children import fork
from tests.mutants.edits import Mutant, read, statements, version

KEPT = Path("var/mutants/covering.json")
# What runs in this process and is about money or access.
TESTS = (
    "tests/db/access", "tests/db/test_promo.py", "tests/db/test_promo_codes.py", "tests/db/refunds",
    "tests/db/test_payments_callbacks.py", "tests/db/payments", "tests/db/test_history.py",
    "tests/db/merging/test_access.py", "tests/chat/test_access.py", "tests/chat/test_access_granting.py",
    "tests/chat/test_access_many.py", "tests/chat/test_access_files.py", "tests/chat/test_promo.py",
    "tests/chat/test_promo_codes.py", "tests/chat/payments", "tests/chat/refunds", "tests/test_money.py",
    "tests/http/test_callbacks.py", "tests/faults/test_callbacks_lie.py", "tests/http/test_recording.py",
    "tests/db/merging/test_undoing.py", "tests/db/test_sweep.py", "tests/chat/accounts/test_deleting.py",
    "tests/chat/test_history.py", "tests/chat/test_alerts.py", "tests/chat/test_complaints.py",
    "tests/chat/test_stored_jobs.py", "tests/chat/test_foreign_rows.py", "tests/chat/test_shop_admin.py",
    "tests/http/test_metrics.py", "tests/test_currencies.py",
    "tests/db/test_shop.py", "tests/http/test_yookassa_answers.py", "tests/faults/test_outages.py",
    "tests/db/test_promo_uses.py",
)  # fmt: skip
LIMIT = 1200.0  # seconds for measuring so many
AT_ONCE = 10
MOST, SECONDS = 40, 40.0  # for one mutant: so many tests, that took so long together when they were measured

WORD = re.compile(r"[a-z]+")
Lines = dict[str, dict[str, list[str]]]  # by function, by line counted from its head: tests


@dataclass
class Covering:
    """`seconds`: how long each test took, -1 for one that did not pass unharmed. By `kills` and `runs` it is decided
    who is asked first."""

    seconds: dict[str, float]
    files: dict[str, Lines]
    versions: dict[str, str] = field(default_factory=dict)  # of each test's file, as it was then
    kills: dict[str, int] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Covering":
        return cls(**json.loads(KEPT.read_text())) if KEPT.exists() else cls({}, {})

    def tests_of(self, mutant: Mutant, times: int = 1) -> list[str]:
        """At the most `times` as many as usual."""
        lines = self.files.get(mutant.path, {})
        found = {
            test
            for function, offset in _places(mutant)
            for test in lines.get(function, {}).get(str(offset), [])
            if self.seconds.get(test, -1) > 0
        }
        chosen: list[str] = []
        left = SECONDS * times
        for test in sorted(found, key=lambda one: self._promise(one, mutant), reverse=True)[: MOST * times]:
            left -= self.seconds[test]
            if chosen and left < 0:
                break
            chosen.append(test)
        return chosen

    def _promise(self, test: str, mutant: Mutant) -> tuple[int, float, str]:
        """Those whose file bears a word of the mutant's first."""
        common = set(WORD.findall(test.partition("::")[0])) & set(WORD.findall(mutant.path)) - {"db", "py"}
        rate = (self.kills.get(test, 0) + 1) / (self.runs.get(test, 0) + 2)
        return len(common), rate / (self.seconds[test] + 0.1), test

    def lacks(self, item: pytest.Item) -> bool:
        """Whether it was not measured as it is now."""
        return item.nodeid not in self.seconds or self.versions.get(item.nodeid) != version(item.path)

    def learn(self, ran: Sequence[str], killer: str) -> None:
        for test in ran:
            self.runs[test] = self.runs.get(test, 0) + 1
        if killer:
            self.kills[killer] = self.kills.get(killer, 0) + 1


def _places(mutant: Mutant) -> list[tuple[str, int]]:
    """Lines that show that a test has come by: of the statement; of a constant, where it is used; of a function's
    head, all of the function."""
    tree = ast.parse(read(mutant.path))
    functions = _functions(tree)
    first, last = max(one for one in statements(tree) if one[0] <= mutant.line <= one[1])
    wanted = set(range(first, last + 1))
    if not any(begin <= mutant.line <= end for _, begin, end in functions):
        wanted = _uses(tree, mutant.line)
    for _, begin, end in functions:
        if begin == first:
            wanted = set(range(begin, end + 1))
    return [(name, line - begin) for name, begin, end in functions for line in wanted if begin <= line <= end]


def _functions(tree: ast.Module) -> list[tuple[str, int, int]]:
    found = []
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        found += [
            (prefix + one.name, one.lineno, one.end_lineno or one.lineno)
            for one in inside
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
    return found


def _uses(tree: ast.Module, line: int) -> set[int]:
    """Lines that name the constant, or a constant made of it."""
    names: set[str] = set()
    for node in tree.body:
        inside = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        is_it = node.lineno <= line <= (node.end_lineno or node.lineno)
        if isinstance(node, ast.Assign | ast.AnnAssign) and (is_it or inside & names):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {one.id for one in targets if isinstance(one, ast.Name)}
    spans = sorted(statements(tree))
    used = {one.lineno for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id in names}
    return {
        near
        for one in used
        for first, last in [max(s for s in spans if s[0] <= one <= s[1])]
        for near in range(first, last + 1)
    }


def measure(session: pytest.Session, files: Sequence[str], minutes: float) -> None:
    """Runs what was not measured yet, in children that each remember what they found."""
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * minutes
    known = Covering.read()
    new = [one for one in session.items if known.lacks(one)]
    for number in range(0, len(new), AT_ONCE):
        if time.monotonic() > until:
            break
        some = new[number : number + AT_ONCE]
        said, _late = fork(lambda pipe, some=some: _measure(pipe, session, some, files), LIMIT)  # type: ignore[misc]
        print(
            f"-- measured {number + len(some)} of {len(new)} tests: {said.decode() or 'failed'}", flush=True
        )


def _measure(
    pipe: int, session: pytest.Session, items: Sequence[pytest.Item], files: Sequence[str]
) -> NoReturn:
    paths = {str(Path(one).resolve()): one for one in files}
    measured = coverage.Coverage(
        data_file=None, config_file=False, include=list(paths), concurrency=["thread", "greenlet"]
    )
    passed = Passed()
    session.config.pluginmanager.register(passed)
    known = Covering.read()
    measured.start()
    for number, item in enumerate(items):
        measured.switch_context(item.nodeid)
        began = time.monotonic()
        passed.failed = False
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=items[(number + 1) % len(items)])
        known.seconds[item.nodeid] = -1.0 if passed.failed else time.monotonic() - began
        known.versions[item.nodeid] = version(item.path)
    measured.stop()
    data = measured.get_data()
    for path, name in paths.items():
        _add(known.files.setdefault(name, {}), name, data.contexts_by_lineno(path))
    KEPT.write_text(json.dumps({"seconds": known.seconds, "files": known.files, "versions": known.versions}))
    failed = sum(known.seconds[item.nodeid] < 0 for item in items)
    os.write(pipe, f"{failed} failed".encode())
    os._exit(0)


class Passed:
    """Of a test that does not pass unharmed nothing can be learnt."""

    failed = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.failed = self.failed or not report.passed


def _add(lines: Lines, path: str, contexts: dict[int, list[str]]) -> None:
    for name, begin, end in _functions(ast.parse(read(path))):
        for line in set(range(begin, end + 1)) & contexts.keys():
            tests = lines.setdefault(name, {}).setdefault(str(line - begin), [])
            tests += [one for one in contexts[line] if one and one not in tests]
