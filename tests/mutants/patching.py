"""A mutant is put into modules that are loaded already: no file is changed, and nothing is imported again."""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.mutants.edits import Mutant


class NotAppliedError(Exception):
    """It stands where nothing can be put into a loaded module."""


def apply(mutant: Mutant) -> None:
    """Raises NotAppliedError."""
    name = mutant.path.removesuffix(".py").replace("/", ".")
    module = sys.modules[name]
    tree = ast.parse(mutant.source)
    where = next(one for one in tree.body if one.lineno <= mutant.line <= (one.end_lineno or one.lineno))
    if isinstance(where, ast.Assign | ast.AnnAssign):
        _renew(module, tree, where)
    else:
        _replace_code(module, compile(mutant.source, str(Path(mutant.path)), "exec", dont_inherit=True))


def _replace_code(module: ModuleType, code: CodeType) -> None:
    mutated = {one.co_qualname: one for one in _codes(code)}
    changed = 0
    for function in _functions(vars(module).values(), module.__name__):
        new = mutated.get(function.__code__.co_qualname)
        if new is not None and not _is_same(new, function.__code__):
            function.__code__ = new
            changed += 1
    if not changed:
        raise NotAppliedError


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _is_same(one: CodeType, other: CodeType) -> bool:
    """But for the place in the file."""
    if (one.co_code, one.co_names, len(one.co_consts)) != (
        other.co_code,
        other.co_names,
        len(other.co_consts),
    ):
        return False
    return all(
        _is_same(a, b)
        if isinstance(a, CodeType) and isinstance(b, CodeType)
        else a == b and type(a) is type(b)
        for a, b in zip(one.co_consts, other.co_consts, strict=True)
    )


def _functions(values: Iterable[Any], module: str) -> Iterator[FunctionType]:
    for value in values:
        if isinstance(value, type) and value.__module__ == module:
            yield from _functions(list(vars(value).values()), module)
        value = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
        while value is not None and not isinstance(value, type):
            if isinstance(value, FunctionType) and value.__module__ == module:
                yield value
            value = getattr(value, "__wrapped__", None)


def _renew(module: ModuleType, tree: ast.Module, where: ast.stmt) -> None:
    """The constant, those made of it, and wherever they were imported to."""
    stale: set[str] = set()
    for statement in tree.body:
        names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        if statement is not where and not (
            isinstance(statement, ast.Assign | ast.AnnAssign) and names & stale
        ):
            continue
        before = dict(vars(module))
        exec(compile(ast.Module([statement], []), module.__name__, "exec"), vars(module))
        for name in [one for one, value in vars(module).items() if before.get(one) is not value]:
            stale.add(name)
            _import_again(name, before.get(name), vars(module)[name])


def _import_again(name: str, old: object, new: object) -> None:
    for module in list(sys.modules.values()):
        values = getattr(module, "__dict__", {})
        if old is not None and values.get(name) is old:
            values[name] = new
