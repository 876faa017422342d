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


NAMES = {"span": "tg-spoiler"}  # as rich HTML calls it


class _Paragraphs:
    """Telegram's classic HTML, in which lines and blank lines are what they look like, as paragraphs."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.began = ""  # formats that were open before the paragraph
        self.text = ""
        self.shows = False  # whether there is more in it than formats and blanks
        self.opened: list[str] = []  # start tags of formats

    def end(self) -> None:
        """Of a paragraph: formats are closed and opened again in the next. One that shows nothing is left out."""
        if self.shows:
            closed = "".join(f"</{_name(tag)}>" for tag in reversed(self.opened))
            body = self.text.strip()
            while body.endswith("<br/>"):
                body = body.removesuffix("<br/>").rstrip()
            self.made.append(f"<p>{self.began}{body}{closed}</p>")
        self.began, self.text, self.shows = "".join(self.opened), "", False

    def blank(self, source: str) -> None:
        if source.count("\n") > 1:
            self.end()
        elif self.shows:
            self.text += "<br/>" if "\n" in source else source

    def open(self, tag: str) -> None:
        self.opened.append(tag)
        self.text += tag

    def close(self) -> None:
        self.text += f"</{_name(self.opened.pop())}>"

    def add(self, text: str) -> None:
        self.text += text
        self.shows = True

    def block(self, source: str) -> None:
        self.end()
        self.made.append(source)


class _Code:
    """What stands in a <pre>: its text, and the language that a <code> around all of it names. Telegram shows no other
    format in there."""

    def __init__(self) -> None:
        self.depth = 0
        self._start, self._text = "", ""

    def open(self, name: str, source: str) -> None:
        self.depth += name == "pre"
        if name == "code" and not self._start and not self._text:
            self._start = source

    def close(self, name: str) -> None:
        self.depth -= name == "pre"

    def add(self, text: str) -> None:
        self._text += text

    def take(self) -> str:
        """Empty where there is nothing in it."""
        end = "</code>" if self._start else ""
        source = f"<pre>{self._start}{self._text}{end}</pre>" if self._text.strip() else ""
        self._start, self._text = "", ""
        return source


def from_html(source: str) -> str:
    """Of Telegram's classic HTML. Raises MarkupError."""
    flow, code = _Paragraphs(), _Code()
    for piece in markup.balanced(source):
        if code.depth or piece.opens == "pre":
            _into_code(code, piece)
            if not code.depth and (block := code.take()):
                flow.block(block)
        elif piece.opens == "blockquote" or piece.closes == "blockquote":
            flow.block("<blockquote>" if piece.opens else "</blockquote>")
        elif piece.opens:
            flow.open(f"<{NAMES[piece.opens]}>" if piece.opens in NAMES else piece.source)
        elif piece.closes:
            flow.close()
        elif piece.source.isspace():
            flow.blank(piece.source)
        else:
            flow.add(escape_loose(piece.source))
    flow.end()
    return "".join(flow.made)


def _into_code(code: _Code, piece: markup.Piece) -> None:
    if piece.opens:
        code.open(piece.opens, piece.source)
    elif piece.closes:
        code.close(piece.closes)
    else:
        code.add(escape_loose(piece.source))


def _name(tag: str) -> str:
    return tag[1:].split()[0].rstrip(">")


def escape_loose(text: str) -> str:
    """An ampersand that begins no reference stands for itself in classic HTML only."""
    return text if text.startswith("&") and text.endswith(";") else escape(text, quote=False)
