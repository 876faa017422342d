"""Markdown as teachers write it: CommonMark with tables, ~~strikethrough~~, $formulas$ and <details> for hints.

What no message of Telegram's could show is refused with its line, before it reaches the database.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin

from bot.chat.markup import MarkupError

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PARSER.use(dollarmath_plugin, double_inline=False)
TAGS = {"u", "ins", "sub", "sup", "mark", "tg-spoiler", "br"}
INLINE_TAG = re.compile(r"<(/?)([a-z-]+)\s*/?>")
OPENED = re.compile(
    r"\s*<details(?P<open> open)?>\s*<summary>(?P<summary>.*?)</summary>(?P<rest>.*)", re.DOTALL
)
SOURCES = {"fence", "code_block", "math_block", "math_block_label"}
LINK = re.compile(r"(?:https?|tg)://\S+|mailto:\S+|tel:\S+", re.IGNORECASE)
PICTURE = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Details:
    """What is folded away under its summary."""

    summary: list[SyntaxTreeNode]
    body: "list[Block]"
    opened: bool


Block = SyntaxTreeNode | Details


def parse(source: str) -> list[Block]:
    """Raises MarkupError."""
    found = _parsed(source, 0)
    if not any(_shows(block) for block in found):
        raise MarkupError("there is no text in it")
    return found


def is_picture(node: SyntaxTreeNode) -> bool:
    """A paragraph that holds pictures and nothing else."""
    inside = inline_of(node) if node.type == "paragraph" else []
    return any(one.type == "image" for one in inside) and all(
        one.type in ("image", "softbreak") or not one.content.strip() for one in inside
    )


def list_pictures(source: str) -> list[str]:
    """The addresses of the pictures in it. Raises MarkupError."""
    return list(_pictures(parse(source)))


def _pictures(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Details):
            yield from _pictures(block.body)
        else:
            yield from (str(one.attrs["src"]) for one in block.walk() if one.type == "image")


def inline_of(node: SyntaxTreeNode) -> list[SyntaxTreeNode]:
    """What stands in a paragraph, a heading or a cell."""
    return [one for inline in node.children for one in inline.children]


def plain(nodes: Iterable[SyntaxTreeNode]) -> str:
    """Without markup, on one line."""
    return "".join(map(_words, nodes))


def _words(node: SyntaxTreeNode) -> str:
    match node.type:
        case "softbreak" | "hardbreak":
            return " "
        case "html_inline":
            return ""
        case _:
            return plain(node.children) if node.children else node.content


def _parsed(source: str, line: int) -> list[Block]:
    """`line`: how many stand before."""
    nodes = iter(SyntaxTreeNode(PARSER.parse(source)).children)
    return _blocks(nodes, line, inside=False)


def _blocks(nodes: Iterator[SyntaxTreeNode], line: int, *, inside: bool) -> list[Block]:
    """Until the end, or, `inside` details, until their end."""
    found: list[Block] = []
    for node in nodes:
        if node.type != "html_block":
            _check(node, line)
            found.append(node)
        elif inside and node.content.strip() == "</details>":
            return found
        else:
            found.append(_details(node, nodes, line))
    if inside:
        raise MarkupError("<details> is never closed: </details> stands on a line of its own")
    return found


def _details(node: SyntaxTreeNode, nodes: Iterator[SyntaxTreeNode], line: int) -> Details:
    at = line + (node.map[0] if node.map else 0)
    match = OPENED.fullmatch(node.content)
    if match is None:
        shown = node.content.strip().split("\n")[0][:20]
        raise MarkupError(
            f"line {at + 1}: {shown!r}: of HTML blocks only <details><summary>…</summary> is known"
        )
    summary = SyntaxTreeNode(PARSER.parseInline(match["summary"].strip())).children
    rest = match["rest"].strip()
    if rest.endswith("</details>"):
        body = _parsed(rest.removesuffix("</details>"), at)
    else:
        body = (_parsed(rest, at) if rest else []) + _blocks(nodes, line, inside=True)
    inline = [one for part in summary for one in part.children]
    _check_inline(inline, at + 1)
    if not plain(inline).strip() or not body:
        raise MarkupError(f"line {at + 1}: <details> needs a summary and something in it")
    return Details(inline, body, bool(match["open"]))


def _check(node: SyntaxTreeNode, line: int) -> None:
    here = line + (node.map[0] if node.map else 0) + 1
    if node.type == "html_block":
        raise MarkupError(f"line {here}: HTML blocks stand in no list, table or quotation")
    if node.type in SOURCES and not node.content.strip():
        raise MarkupError(f"line {here}: there is nothing in it")
    if node.type == "inline":
        allowed = node.parent is not None and is_picture(node.parent)
        _check_inline(node.children, here, pictures=allowed)
        return
    for child in node.children:
        _check(child, line)


def _check_inline(nodes: list[SyntaxTreeNode], line: int, *, pictures: bool = False) -> None:
    opened: list[str] = []
    for node in nodes:
        match node.type:
            case "math_inline" if not node.content.strip():
                raise MarkupError(f"line {line}: there is nothing in the formula")
            case "html_inline":
                _check_tag(node.content, opened, line)
            case "image" if not pictures:
                raise MarkupError(f"line {line}: a picture stands in a paragraph of its own")
            case "image" if not PICTURE.fullmatch(str(node.attrs.get("src"))):
                raise MarkupError(f"line {line}: a picture is an address that begins with https://")
            case "link" if not LINK.fullmatch(str(node.attrs.get("href"))):
                raise MarkupError(f"line {line}: a link is an address that begins with https://")
        if node.type != "image":
            _check_inline(node.children, line)
    if opened:
        raise MarkupError(f"line {line}: <{opened[-1]}> is never closed")


def _check_tag(tag: str, opened: list[str], line: int) -> None:
    match = INLINE_TAG.fullmatch(tag)
    if match is None or match[2] not in TAGS:
        raise MarkupError(
            f"line {line}: {tag!r} is none of {', '.join(sorted(TAGS))}; a plain < is written &lt;"
        )
    if match[2] == "br":
        return
    if not match[1]:
        opened.append(match[2])
    elif not opened or opened.pop() != match[2]:
        raise MarkupError(f"line {line}: {tag} where nothing of the kind is open")


def _shows(block: Block) -> bool:
    if isinstance(block, Details) or block.type in SOURCES:
        return True
    return is_picture(block) or any(bool(one.content.strip()) for one in block.walk() if not one.is_nested)
