"""How the code calls its log: exceptions are handed over as they are, so that what they quote can be left out."""

import ast
from collections.abc import Iterator, Set
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
AS_TEXT = {"str", "repr", "format", "type"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _calls_log(call: ast.Call, aliases: Set[str]) -> bool:
    """`log.error(…)`, or `say(…)` where `say` was taken from the log."""
    match call.func:
        case ast.Attribute(value=ast.Name(id="log"), attr=level):
            return level in LEVELS
        case ast.Name(id=name):
            return name in aliases
    return False


def _taken_from_the_log(tree: ast.AST) -> set[str]:
    return {
        target.id
        for one in ast.walk(tree)
        if isinstance(one, ast.Assign) and "log.error" in ast.unparse(one.value)
        for target in one.targets
        if isinstance(target, ast.Name)
    }


def _exceptions_around(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> set[str]:
    """Names that hold an exception there: of handlers, and of arguments whose type says so."""
    found: set[str] = set()
    while (node := parents.get(node, node)) in parents:
        if isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        if isinstance(node, FUNCTIONS):
            typed = [one for one in node.args.args if one.annotation is not None]
            found |= {
                one.arg
                for one in typed
                if ast.unparse(one.annotation or one).endswith(("Error", "Exception"))
            }
    return found


def misused(source: str) -> Iterator[int]:
    """The lines of log calls that make a text of an exception, or hand it over under another name than `error`."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    aliases = _taken_from_the_log(tree)
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not _calls_log(call, aliases):
            continue
        exceptions = _exceptions_around(call, parents)
        for part in (*call.args, *call.keywords):
            for name in ast.walk(part):
                if (
                    isinstance(name, ast.Name)
                    and name.id in exceptions
                    and not _is_right(name, call, parents)
                ):
                    yield call.lineno


def _is_right(name: ast.Name, call: ast.Call, parents: dict[ast.AST, ast.AST]) -> bool:
    """`error=error`, or an argument of a function that says something else of it: its code, a remedy."""
    node = parents[name]
    if isinstance(node, ast.keyword) and node.arg == "error":
        return True
    while node is not call:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in AS_TEXT:
            return True
        node = parents[node]
    return False


# The sandbox is the outside world, and what it says of others is its own.
FILES = sorted(
    path
    for folder in ("bot", "db", "handlers")
    for path in (ROOT / folder).rglob("*.py")
    if "sandbox" not in path.parts
)


def test_exceptions_are_handed_over_as_they_are() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in [*FILES, ROOT / "main.py"]
        for line in misused(path.read_text())
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("log.error('x', error=error)", 0),
        ("log.error('x', sqlstate=sqlstate(error))", 0),
        ("log.error('x', error=str(error))", 1),
        ("log.error('x', error=repr(error))", 1),
        ("log.error('x', error=f'{error}')", 1),
        ("log.error('x', error=error.message)", 1),
        ("log.error('x %s', error)", 1),
        ("log.error('x', reason=error)", 1),
        ("say = log.error if a else log.warning; say('x', error=str(error))", 1),
    ],
)
def test_misuse_is_found(said: str, count: int) -> None:
    inside = f"try:\n    run()\nexcept OSError as error:\n    {said}\n"
    argument = f"def tell(error: OSError) -> None:\n    {said}\n"
    for source in (inside, argument):
        assert len(list(misused(source))) == count
