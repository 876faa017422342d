"""What a mutant is, and which there are in a file."""

import ast
import difflib
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SCOPE = (
    "db/payments", "db/access", "db/refunds", "db/promo.py", "db/promo_codes.py", "bot/payments", "bot/money.py",
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """`start` and `end` are bytes of the source; `new` stands there in the mutant."""

    start: int
    end: int
    operator: str
    new: str

    def apply(self, source: str) -> str:
        data = source.encode()
        return (data[: self.start] + self.new.encode() + data[self.end :]).decode()


@dataclass(frozen=True, slots=True)
class Mutant:
    """`number` is its place among those of its file. It can't be told from its neighbours once the file is edited."""

    path: str
    number: int
    edit: Edit

    @property
    def source(self) -> str:
        return self.edit.apply(read(self.path))

    @property
    def line(self) -> int:
        return read(self.path).encode()[: self.edit.start].count(b"\n") + 1

    @property
    def kind(self) -> str:
        return "SQL" if self.edit.operator.startswith("sql:") else "Python"

    def diff(self) -> str:
        before, after = read(self.path).splitlines(), self.source.splitlines()
        lines = list(difflib.unified_diff(before, after, lineterm="", n=0))[3:]
        return "\n".join(lines)


@cache
def read(path: str) -> str:
    """As it was when it was loaded: somebody may be at work on it meanwhile."""
    return Path(path).read_text()


@cache
def version(path: Path) -> str:
    return hashlib.sha256(read(str(path)).encode()).hexdigest()[:16] if path.exists() else ""


def files_of(places: list[str]) -> list[str]:
    """Python files of these folders and files, that have something in them."""
    found: list[str] = []
    for place in places:
        path = Path(place)
        found += sorted(map(str, path.rglob("*.py"))) if path.is_dir() else [str(path)]
    return [one for one in found if not one.endswith("__init__.py")]


@cache
def list_mutants(path: str) -> list[Mutant]:
    """All that compile, and differ from the original by more than how they are written."""
    from tests.mutants import python, sql  # the tests themselves need no mutmut

    source = read(path)
    original = ast.dump(ast.parse(source))
    edits = {*python.edits(source), *sql.edits(source)}
    real = [one for one in sorted(edits) if _is_other(one.apply(source), original)]
    return [Mutant(path, number, edit) for number, edit in enumerate(real, 1)]


def _is_other(source: str, original: str) -> bool:
    try:
        return ast.dump(ast.parse(source)) != original
    except SyntaxError:
        return False


def choose(mutants: list[Mutant], sample: int, seed: int) -> list[Mutant]:
    """So many, others for another seed; all where `sample` is 0. In an order by chance, so that those that there was
    time for are a sample, too."""
    return random.Random(seed).sample(mutants, min(sample, len(mutants)) or len(mutants))


def statements(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """First and last line of each statement; of one that has a body, of its head."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno or node.lineno
            yield node.lineno, max(last, node.lineno)
