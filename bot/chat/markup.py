"""Texts written in Telegram's HTML: checked before they are kept, cut into messages without breaking a tag.

The rules are those of Telegram's own parser (tdlib, MessageEntity.cpp, parse_html), which refuses the whole
message for one wrong tag. It knows four named references; any other `&` is itself.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

PLAIN_TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "tg-spoiler", "span"}
TAGS = PLAIN_TAGS | {"a", "code", "pre", "blockquote", "tg-emoji"}
TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[A-Za-z][\w-]*)
        (?P<attributes>(?:\s+[\w-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[\w.\-]+))?)*)\s*>""",
    re.VERBOSE,
)
ATOM = re.compile(
    r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});|\s+|[^\s&<]{1,64}|&"
)  # a reference is one character


class MarkupError(ValueError):
    """Telegram would refuse the text; the message says why and in which line."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`size` in UTF-16 units, as Telegram counts what is shown; a tag has none."""

    source: str
    size: int = 0
    opens: str = ""
    closes: str = ""


def check(source: str) -> None:
    """Raises MarkupError."""
    shown = sum(piece.size for piece in balanced(source) if not piece.source.isspace())
    if not shown:
        raise MarkupError("there is no text in it")


def pages(source: str, limit: int = 4096) -> list[str]:
    """Messages of at most `limit` shown units; a tag that is open at a cut is closed there and opened again.

    Raises MarkupError.
    """
    return list(_made(source, limit))


@lru_cache(maxsize=500)
def _made(source: str, limit: int) -> tuple[str, ...]:
    """Lessons are read again and again, and this takes longer than all else that is done for one."""
    pieces = list(balanced(source))
    made, start, opened = [], 0, list[Piece]()
    while start < len(pieces):
        end = _cut(pieces, start, limit)
        page, opened = _page(opened, pieces[start:end])
        if page:
            made.append(page)
        start = end
    return tuple(made)


def _page(opened: list[Piece], pieces: list[Piece]) -> tuple[str, list[Piece]]:
    """The page's source (empty where it shows nothing), and the tags open at its end."""
    before = "".join(tag.source for tag in opened)
    left = _still_open(opened, pieces)
    after = "".join(f"</{tag.opens}>" for tag in reversed(left))
    shows = any(piece.size and not piece.source.isspace() for piece in pieces)
    body = "".join(piece.source for piece in pieces).strip()
    return (before + body + after if shows else "", left)


def _still_open(opened: list[Piece], pieces: Iterable[Piece]) -> list[Piece]:
    stack = list(opened)
    for piece in pieces:
        if piece.opens:
            stack.append(piece)
        elif piece.closes:
            stack.pop()
    return stack


def _cut(pieces: list[Piece], start: int, limit: int) -> int:
    """Where the page that begins at `start` ends: after a paragraph, else a line, else a word, else anywhere."""
    size, best, rank_of_best = 0, 0, -1
    for at in range(start, len(pieces)):
        size += pieces[at].size
        if size > limit:
            return best or max(at, start + 1)
        rank = _rank(pieces[at].source)
        if rank >= rank_of_best and (size > limit // 2 or rank_of_best < 0):
            best, rank_of_best = at + 1, rank
    return len(pieces)


def _rank(source: str) -> int:
    if not source.isspace():
        return -2
    return min(source.count("\n"), 2)


def balanced(source: str) -> Iterator[Piece]:
    """Tags that fit, and what stands between them. Raises MarkupError."""
    stack: list[tuple[str, int]] = []
    for piece, at in _pieces(source):
        if piece.opens:
            stack.append((piece.opens, at))
        elif piece.closes:
            if not stack or stack[-1][0] != piece.closes:
                wanted = f"</{stack[-1][0]}> is due" if stack else "nothing is open"
                raise MarkupError(f"line {_line(source, at)}: {piece.source} where {wanted}")
            stack.pop()
        yield piece
    if stack:
        name, at = stack[-1]
        raise MarkupError(f"line {_line(source, at)}: <{name}> is never closed")


def _pieces(source: str) -> Iterator[tuple[Piece, int]]:
    at = 0
    while at < len(source):
        if source[at] == "<":
            match = TAG.match(source, at)
            yield _tag(source, match, at), at
        else:
            match = ATOM.match(source, at)
            assert match is not None  # the last alternatives take any character but "<"
            yield Piece(match.group(), _units(match.group())), at
        at = match.end()  # type: ignore[union-attr]  # _tag has raised where there is none


def _tag(source: str, match: re.Match[str] | None, at: int) -> Piece:
    name = match["name"].lower() if match else ""
    if match is None or name not in TAGS:
        shown = source[at : at + 20].split("\n")[0]
        raise MarkupError(
            f"line {_line(source, at)}: {shown!r} is none of Telegram's tags; a plain < is written &lt;"
        )
    attributes = match["attributes"].lower()
    if match["end"]:
        return Piece(match.group(), closes=name)
    if name == "span" and "tg-spoiler" not in attributes:
        raise MarkupError(f'line {_line(source, at)}: <span> needs class="tg-spoiler"')
    if name == "a" and "href" not in attributes:
        raise MarkupError(f"line {_line(source, at)}: <a> needs href")
    return Piece(match.group(), opens=name)


def _units(text: str) -> int:
    if text.startswith("&") and text.endswith(";"):
        return 2  # at most: one character beyond the basic plane
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _line(source: str, at: int) -> int:
    return source.count("\n", 0, at) + 1
