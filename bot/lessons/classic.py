"""A lesson written in Markdown as classic messages show it: Telegram's HTML, which has no headings, lists or tables."""

from collections.abc import Iterable
from html import escape

from markdown_it.tree import SyntaxTreeNode

from bot.lessons.markdown import Block, Details, inline_of, is_picture, parse, plain

MARKS = {"strong": "b", "em": "i", "s": "s"}
KEPT_TAGS = ("<u>", "</u>", "<ins>", "</ins>", "<tg-spoiler>", "</tg-spoiler>")
RULE = "———"


def from_markdown(source: str) -> str:
    """Raises MarkupError."""
    return _blocks(parse(source))


def _blocks(blocks: Iterable[Block], *, quoted: bool = False, apart: str = "\n\n") -> str:
    """`quoted`: within a quotation, where Telegram allows no other one."""
    return apart.join(filter(None, (_block(one, quoted=quoted) for one in blocks)))


def _block(block: Block, *, quoted: bool) -> str:
    if isinstance(block, Details):
        return f"<b>{_inline(block.summary)}</b>\n{_quotation(block.body, quoted=quoted, folded=True)}"
    match block.type:
        case "heading":
            return f"<b>{_inline(inline_of(block))}</b>"
        case "paragraph":
            return _pictures(block) if is_picture(block) else _inline(inline_of(block))
        case "bullet_list":
            return _list(block, None, quoted=quoted)
        case "ordered_list":
            return _list(block, int(block.attrs.get("start", 1)), quoted=quoted)
        case "blockquote":
            return _quotation(block.children, quoted=quoted)
        case "fence" | "code_block":
            return _code(block)
        case "math_block" | "math_block_label":
            return f"<code>{escape(block.content.strip(), quote=False)}</code>"
        case "table":
            return _table(block)
        case _:
            return RULE


def _quotation(blocks: Iterable[Block], *, quoted: bool, folded: bool = False) -> str:
    body = _blocks(blocks, quoted=True)
    if quoted:
        return body
    return f"<blockquote expandable>{body}</blockquote>" if folded else f"<blockquote>{body}</blockquote>"


def _list(block: SyntaxTreeNode, number: int | None, *, quoted: bool) -> str:
    loose = any(
        one.type == "paragraph" and not one.hidden for item in block.children for one in item.children
    )
    items = []
    for at, item in enumerate(block.children):
        mark = "•" if number is None else f"{number + at}."
        body = _blocks(item.children, quoted=quoted, apart="\n\n" if loose else "\n")
        first, *rest = body.split("\n")
        items.append("\n".join([f"{mark} {first}", *_indented(rest)]))
    return ("\n\n" if loose else "\n").join(items)


def _indented(lines: list[str]) -> list[str]:
    """Not within code, whose lines stay as they are."""
    made, code = [], False
    for line in lines:
        made.append(line if code or not line else f"   {line}")
        code = (code or "<pre>" in line) and "</pre>" not in line
    return made


def _code(block: SyntaxTreeNode) -> str:
    language = block.info.split()[0] if block.type == "fence" and block.info.strip() else ""
    text = escape(block.content.rstrip(), quote=False)
    if language in ("", "math"):
        return f"<pre>{text}</pre>"
    return f'<pre><code class="language-{escape(language)}">{text}</code></pre>'


def _pictures(block: SyntaxTreeNode) -> str:
    return "\n".join(_picture(one) for one in inline_of(block) if one.type == "image")


def _picture(node: SyntaxTreeNode) -> str:
    """A classic message holds none: its address, which Telegram shows below it."""
    said = str(node.attrs.get("title") or plain(node.children)) or str(node.attrs["src"])
    return f'🖼 <a href="{escape(str(node.attrs["src"]))}">{escape(said, quote=False)}</a>'


def _table(block: SyntaxTreeNode) -> str:
    rows = [
        [plain(inline_of(cell)) for cell in row.children] for part in block.children for row in part.children
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    head, *body = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    # Markdown has no table without a heading: an empty one is none.
    lines = [head, "  ".join("─" * width for width in widths), *body] if head else body
    return f"<pre>{escape(chr(10).join(lines), quote=False)}</pre>"


def _inline(nodes: Iterable[SyntaxTreeNode]) -> str:
    return "".join(map(_part, nodes))


def _part(node: SyntaxTreeNode) -> str:
    if node.type in MARKS:
        tag = MARKS[node.type]
        return f"<{tag}>{_inline(node.children)}</{tag}>"
    match node.type:
        case "code_inline" | "math_inline":
            return f"<code>{escape(node.content, quote=False)}</code>"
        case "link":
            return f'<a href="{escape(str(node.attrs["href"]))}">{_inline(node.children)}</a>'
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "html_inline":
            return (
                "\n" if node.content.startswith("<br") else node.content if node.content in KEPT_TAGS else ""
            )
        case _:
            return escape(node.content, quote=False)
