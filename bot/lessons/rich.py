"""A lesson as rich HTML (docs/facts.md#rich-messages): every text stands in a paragraph of its own, so that what is
written is what is counted."""

import re
from collections.abc import Iterable
from html import escape

from markdown_it.tree import SyntaxTreeNode

from bot.chat import markup
from bot.lessons.markdown import Block, Details, inline_of, is_picture, parse, plain

MARKS = {"strong": "b", "em": "i", "s": "s"}
ALIGNED = re.compile(r"text-align:(left|center|right)")


def from_markdown(source: str) -> str:
    """Raises MarkupError."""
    return _blocks(parse(source))


def media(kind: str, source: str) -> str:
    """The block of a file by its address, or by the id it has among the message's media."""
    tag = {"photo": "img", "video": "video"}.get(kind, "audio")
    address = f' src="{escape(source)}"'
    return f"<img{address}/>" if tag == "img" else f"<{tag}{address}></{tag}>"


def _blocks(blocks: Iterable[Block]) -> str:
    return "".join(map(_block, blocks))


def _block(block: Block) -> str:
    if isinstance(block, Details):
        opened = " open" if block.opened else ""
        body = _blocks(block.body)
        return f"<details{opened}><summary>{_inline(block.summary)}</summary>{body}</details>"
    match block.type:
        case "heading":
            return f"<{block.tag}>{_inline(inline_of(block))}</{block.tag}>"
        case "paragraph":
            return _pictures(block) if is_picture(block) else f"<p>{_inline(inline_of(block))}</p>"
        case "bullet_list":
            return f"<ul>{_items(block)}</ul>"
        case "ordered_list":
            start = block.attrs.get("start", 1)
            return f'<ol start="{start}">{_items(block)}</ol>' if start != 1 else f"<ol>{_items(block)}</ol>"
        case "blockquote":
            return f"<blockquote>{_blocks(block.children)}</blockquote>"
        case "fence" | "code_block":
            return _code(block)
        case "math_block" | "math_block_label":
            return _formula(block.content)
        case "table":
            return _table(block)
        case _:
            return "<hr/>"


def _items(block: SyntaxTreeNode) -> str:
    return "".join(f"<li>{_blocks(item.children) or '<p>…</p>'}</li>" for item in block.children)


def _code(block: SyntaxTreeNode) -> str:
    language = block.info.split()[0] if block.type == "fence" and block.info.strip() else ""
    if language == "math":
        return _formula(block.content)
    named = f' class="language-{escape(language)}"' if language else ""
    return f"<pre><code{named}>{escape(block.content.rstrip(), quote=False)}</code></pre>"


def _formula(source: str) -> str:
    return f"<tg-math-block>{escape(source.strip(), quote=False)}</tg-math-block>"


def _pictures(block: SyntaxTreeNode) -> str:
    return "".join(_picture(one) for one in inline_of(block) if one.type == "image")


def _picture(node: SyntaxTreeNode) -> str:
    image = media("photo", str(node.attrs["src"]))
    said = str(node.attrs.get("title") or plain(node.children))
    return f"<figure>{image}<figcaption>{escape(said, quote=False)}</figcaption></figure>" if said else image


def _table(block: SyntaxTreeNode) -> str:
    rows = [row for part in block.children for row in part.children]
    if not any(inline_of(cell) for cell in rows[0].children):  # Markdown has no table without a heading
        rows = rows[1:]
    return f"<table bordered>{''.join(map(_row, rows))}</table>"


def _row(row: SyntaxTreeNode) -> str:
    cells = []
    for cell in row.children:
        aligned = ALIGNED.search(str(cell.attrs.get("style", "")))
        place = f' align="{aligned[1]}"' if aligned else ""
        cells.append(f"<{cell.tag}{place}>{_inline(inline_of(cell))}</{cell.tag}>")
    return f"<tr>{''.join(cells)}</tr>"


def _inline(nodes: Iterable[SyntaxTreeNode]) -> str:
    return "".join(map(_part, nodes))


def _part(node: SyntaxTreeNode) -> str:
    if node.type in MARKS:
        tag = MARKS[node.type]
        return f"<{tag}>{_inline(node.children)}</{tag}>"
    match node.type:
        case "code_inline":
            return f"<code>{escape(node.content, quote=False)}</code>"
        case "math_inline":
            return f"<tg-math>{escape(node.content, quote=False)}</tg-math>"
        case "link":
            return f'<a href="{escape(str(node.attrs["href"]))}">{_inline(node.children)}</a>'
        case "softbreak":
            return " "
        case "hardbreak":
            return "<br/>"
        case "html_inline":
            return node.content
        case _:
            return escape(node.content, quote=False)


BLOCKS = {"pre", "blockquote"}
TAG = re.compile("<[^>]*>")
NAMES = {"span": "tg-spoiler"}  # as rich HTML calls it


class _Paragraphs:
    """Telegram's classic HTML, in which lines and blank lines are what they look like, as paragraphs."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.began = ""  # formats that were open before the paragraph
        self.text = ""
        self.opened: list[str] = []  # start tags of formats

    def end(self) -> None:
        """Of a paragraph: formats are closed and opened again in the next. One that shows nothing is none."""
        closed = "".join(f"</{_name(tag)}>" for tag in reversed(self.opened))
        body = self.text.strip()
        while body.endswith("<br/>"):
            body = body.removesuffix("<br/>").rstrip()
        if self._shows_something():
            self.made.append(f"<p>{self.began}{body}{closed}</p>")
        self.began, self.text = "".join(self.opened), ""

    def _shows_something(self) -> bool:
        return bool(TAG.sub("", self.text).strip())

    def blank(self, source: str) -> None:
        if source.count("\n") > 1:
            self.end()
        elif self._shows_something():
            self.text += "<br/>" if "\n" in source else source

    def open(self, tag: str) -> None:
        self.opened.append(tag)
        self.text += tag

    def close(self) -> None:
        self.text += f"</{_name(self.opened.pop())}>"


def from_html(source: str) -> str:
    """Of Telegram's classic HTML. Raises MarkupError."""
    flow, pre = _Paragraphs(), False
    for piece in markup.balanced(source):
        block = piece.opens in BLOCKS or piece.closes in BLOCKS
        if piece.opens == "pre" or piece.closes == "pre":
            flow.end() if piece.opens else None
            pre = bool(piece.opens)
            _add(flow, piece.source)
        elif pre:
            _add(flow, escape_loose(piece.source) if not (piece.opens or piece.closes) else piece.source)
        elif block:
            flow.end()
            _add(flow, "<blockquote>" if piece.opens else "</blockquote>")
        elif piece.opens:
            flow.open(_renamed(piece.source))
        elif piece.closes:
            flow.close()
        elif piece.source.isspace():
            flow.blank(piece.source)
        else:
            flow.text += escape_loose(piece.source)
    flow.end()
    return "".join(flow.made)


def _add(flow: _Paragraphs, source: str) -> None:
    flow.made.append(source)


def _name(tag: str) -> str:
    return tag[1:].split()[0].rstrip(">")


def _renamed(tag: str) -> str:
    return f"<{NAMES[_name(tag)]}>" if _name(tag) in NAMES else tag


def escape_loose(text: str) -> str:
    """An ampersand that begins no reference stands for itself in classic HTML only."""
    return text if text.startswith("&") and text.endswith(";") else escape(text, quote=False)
