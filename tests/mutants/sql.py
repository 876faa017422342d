"""Mutants of statements that are written out: their tokens are read, not their grammar."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from tests.mutants.edits import Edit

STATEMENT = re.compile(
    r"(?:[rbf]*(?:\"\"\"|'''|\"|'))?\s*"
    r"(?:(?:select|insert|update|delete|with|(?-i:from|where|order\s+by|exists))\s|(?-i:cast)\()",
    re.IGNORECASE,
)
TOKEN = re.compile(
    r"--[^\n]*|\{\{|\}\}|\{[^{}]*\}|'(?:[^'\n]|'')*'|::\w+|:\w+|\$\d+|[A-Za-z_]\w*|<=|>=|<>|\|\||=>|->>?"
    r"|\d+|\S"
)
COMPARED = {"<=": "<", "<": "<=", ">=": ">", ">": ">=", "<>": "="}
SWAPPED = {
    "and": "or", "or": "and", "greatest": "least", "least": "greatest", "min": "max", "max": "min",
    "true": "false", "false": "true", "+": "-", "lower": "upper", "sum": "max",
}  # fmt: skip
BEGINS = {"where", "and", "or", "on", "having", "when", "filter"}
ENDS = {
    "and", "or", "order", "group", "limit", "for", "returning", "on", "union", "having", "then", "where", "join",
    "left", "window", "from", "offset", "set", "do", "cross",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    start: int
    end: int
    depth: int


def edits(source: str) -> Iterator[Edit]:
    data = source.encode()
    begins = [0]
    for line in data.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    tree = ast.parse(source)
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if id(node) in inner or not _is_text(node):
            continue
        inner |= {id(child) for child in ast.walk(node)}
        start = begins[node.lineno - 1] + node.col_offset
        end = begins[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        segment = data[start:end].decode()
        if not STATEMENT.match(segment):
            continue
        for found in mutate(segment):
            before, inside = segment[: found.start].encode(), segment[found.start : found.end].encode()
            at = start + len(before)
            yield Edit(at, at + len(inside), f"sql: {found.operator}", found.new)


def _is_text(node: ast.AST) -> TypeGuard[ast.JoinedStr | ast.Constant]:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def mutate(statement: str) -> Iterator[Edit]:
    """Places are characters here."""
    tokens = _tokens(statement)
    for index in range(len(tokens)):
        for rule in (
            _words,
            _comparing,
            _predicate,
            _negating,
            _locks,
            _calls,
            _conflict,
            _values,
            _order,
            _joins,
        ):
            yield from rule(tokens, index)


def _tokens(statement: str) -> list[Token]:
    found, depth = [], 0
    for match in TOKEN.finditer(statement):
        text = match[0]
        if text.startswith("--") or text in ('"', "\\"):
            continue
        depth -= text == ")"
        found.append(Token(text.lower(), match.start(), match.end(), depth))
        depth += text == "("
    return found


def _text(tokens: list[Token], index: int) -> str:
    return tokens[index].text if 0 <= index < len(tokens) else ""


def _words(tokens: list[Token], index: int) -> Iterator[Edit]:
    token = tokens[index]
    between = token.text == "and" and "between" in (_text(tokens, index - 2), _text(tokens, index - 3))
    if token.text in SWAPPED and not between and _text(tokens, index - 1) != ".":
        yield Edit(token.start, token.end, f"{token.text} is {SWAPPED[token.text]}", SWAPPED[token.text])
    if token.text == "distinct" and _text(tokens, index - 1) == "select":
        yield Edit(token.start, token.end, "not distinct", "")
    if token.text == "-" and _text(tokens, index - 1) not in ("", ",", "(", "then", "else", "select"):
        yield Edit(token.start, token.end, "- is +", "+")


def _comparing(tokens: list[Token], index: int) -> Iterator[Edit]:
    token = tokens[index]
    if token.text in COMPARED:
        yield Edit(token.start, token.end, "compared otherwise", COMPARED[token.text])
    if token.text == "=" and not _assigns(tokens, index):
        yield Edit(token.start, token.end, "= is <>", "<>")


def _assigns(tokens: list[Token], index: int) -> bool:
    """Whether it stands in `set a = b, c = d`."""
    if _text(tokens, index - 2) not in ("set", ","):
        return False
    for token in reversed(tokens[:index]):
        if token.depth == tokens[index].depth and token.text in BEGINS | {"set", "select"}:
            return token.text == "set"
    return False


def _predicate(tokens: list[Token], index: int) -> Iterator[Edit]:
    token = tokens[index]
    if token.text not in BEGINS or "between" in (_text(tokens, index - 2), _text(tokens, index - 3)):
        return
    end = _until(tokens, index + 1, token.depth, ENDS)
    if end > index + 1 and _text(tokens, index + 1) != "conflict":
        operator = "condition is false" if token.text == "or" else "condition is true"
        new = "false" if token.text == "or" else "true"
        yield Edit(tokens[index + 1].start, tokens[end - 1].end, operator, new)


def _until(tokens: list[Token], index: int, depth: int, ends: set[str]) -> int:
    """The first token at that depth that ends it, or that closes what it stands in."""
    between = False
    while index < len(tokens):
        one = tokens[index]
        if one.depth < depth:
            return index
        if one.depth == depth and one.text in ends:
            inside = one.text == "from" and _text(tokens, index - 1) == "distinct"
            if not inside and not (between and one.text == "and"):
                return index
            between = False
        between = between or one.text == "between"
        index += 1
    # Closing quotes are no part of it.
    while index > 0 and tokens[index - 1].text in ('"', "'"):
        index -= 1
    return index


def _negating(tokens: list[Token], index: int) -> Iterator[Edit]:
    token, before, after = tokens[index], _text(tokens, index - 1), _text(tokens, index + 1)
    if token.text == "is" and after == "not":
        yield Edit(token.start, tokens[index + 1].end, "is not is is", "is")
    elif token.text == "is":
        yield Edit(token.start, token.end, "is is not", "is not")
    elif token.text == "not" and before != "is" and after != "materialized":
        yield Edit(token.start, token.end, "not is gone", "")
    elif token.text in ("exists", "in") and before != "not" and after == "(":
        yield Edit(token.start, token.end, f"not {token.text}", f"not {token.text}")


def _locks(tokens: list[Token], index: int) -> Iterator[Edit]:
    token = tokens[index]
    if token.text == "for" and _text(tokens, index + 1) in ("update", "share", "no", "key"):
        end = _until(tokens, index + 1, token.depth, {"returning", "limit"})
        yield Edit(token.start, tokens[end - 1].end, "no lock", "")
    if token.text == "skip" and _text(tokens, index + 1) == "locked":
        yield Edit(token.start, tokens[index + 1].end, "waits for locks", "")


def _calls(tokens: list[Token], index: int) -> Iterator[Edit]:
    token = tokens[index]
    if token.text in ("coalesce", "nullif") and _text(tokens, index + 1) == "(":
        inside = token.depth + 1
        comma = next(
            i for i in range(index + 2, len(tokens)) if tokens[i].text == "," and tokens[i].depth == inside
        )
        close = _until(tokens, index + 2, inside, set())
        yield Edit(
            tokens[comma].start,
            tokens[close - 1].end,
            f"{token.text} of one",
            "" if token.text == "coalesce" else ", null",
        )
    if token.text == "days" and _text(tokens, index + 1) == "=>":
        yield Edit(token.start, token.end, "hours for days", "hours")


def _conflict(tokens: list[Token], index: int) -> Iterator[Edit]:
    token = tokens[index]
    if token.text == "on" and _text(tokens, index + 1) == "conflict":
        end = _until(tokens, index + 1, token.depth, {"returning"})
        yield Edit(token.start, tokens[end - 1].end, "no conflict expected", "")
    if token.text == "do" and _text(tokens, index + 1) == "update":
        end = _until(tokens, index + 1, token.depth, {"returning"})
        yield Edit(token.start, tokens[end - 1].end, "conflict changes nothing", "do nothing")


def _values(tokens: list[Token], index: int) -> Iterator[Edit]:
    token, before = tokens[index], _text(tokens, index - 1)
    if token.text.isdigit() and before not in ("limit", "'"):
        yield Edit(token.start, token.end, "one more", str(int(token.text) + 1))
    if token.text == "'infinity'":
        yield Edit(token.start + 1, token.start + 1, "the other infinity", "-")
    elif len(token.text) > 2 and token.text[0] == token.text[-1] == "'":
        if before == "interval":
            yield Edit(token.start + 1, token.start + 1, "ten times the interval", "1")
        elif before not in ("zone", "as", ",", "||") or re.fullmatch(r"'[a-z_ ]+'", token.text):
            yield Edit(token.end - 1, token.end - 1, "another text", "X")


def _order(tokens: list[Token], index: int) -> Iterator[Edit]:
    token = tokens[index]
    if token.text == "desc":
        yield Edit(token.start, token.end, "order turned round", "")
    if token.text == "order" and _text(tokens, index + 1) == "by":
        end = _until(tokens, index + 2, token.depth, {",", "limit", "desc", "offset", "for"})
        if _text(tokens, end) != "desc":
            yield Edit(tokens[end - 1].end, tokens[end - 1].end, "order turned round", " desc")
    if token.text == "limit":
        yield Edit(token.start, tokens[index + 1].end, "no limit", "")


def _joins(tokens: list[Token], index: int) -> Iterator[Edit]:
    token, after = tokens[index], _text(tokens, index + 1)
    if token.text == "left" and after == "join":
        yield Edit(token.start, token.end, "inner join", "")
    if token.text == "union":
        yield Edit(
            token.start,
            tokens[index + (after == "all")].end,
            "the other union",
            "union" if after == "all" else "union all",
        )
