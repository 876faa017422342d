"""Rich HTML as a tree of tags: only those that Telegram lists, each with its end.

https://core.telegram.org/bots/api#rich-message-formatting-options
"""

import re
from dataclasses import dataclass, field

from bot.sandbox.telegram.errors import ApiError, bad_request

FORMATS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "mark": "marked",
    "sub": "subscript",
    "sup": "superscript",
    "tg-spoiler": "spoiler",
}
INLINE = FORMATS.keys() | {"a", "br", "tg-reference", "tg-emoji", "tg-time", "tg-math"}
HEADINGS = {f"h{size}": size for size in range(1, 7)}
MEDIA = {"img", "video", "audio"}
BLOCKS = (
    HEADINGS.keys()
    | MEDIA
    | {"p", "pre", "footer", "hr", "ul", "ol", "blockquote", "aside", "figure", "table", "details"}
    | {"tg-map", "tg-collage", "tg-slideshow", "tg-math-block"}
)
PARTS = {"li", "input", "tr", "td", "th", "caption", "summary", "figcaption", "cite"}
TAGS = INLINE | BLOCKS | PARTS
EMPTY = {"br", "hr", "img", "input", "tg-map"}
NAMED = {
    "lt": "<",
    "gt": ">",
    "amp": "&",
    "quot": '"',
    "apos": "'",
    "nbsp": "\u00a0",
    "hellip": "…",
    "mdash": "—",
    "ndash": "–",
    "lsquo": "‘",
    "rsquo": "’",
    "ldquo": "“",
    "rdquo": "”",
}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]+));")
_ATTRIBUTE = re.compile(r"\s+([^\s=>/\"']+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`/]+)))?")
_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?P<attributes>(?:\s+[^\s=>/\"']+"
    r"(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'=<>`/]+))?)*)\s*(?P<alone>/?)>"
)


@dataclass
class Node:
    """`children`: tags, and texts with their references decoded."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Node | str]" = field(default_factory=list)


def parse(source: str) -> Node:
    """The whole document as one node without a name; raises 400."""
    root = Node("")
    stack, at = [root], 0
    while at < len(source):
        tag = source.find("<", at)
        if tag != at:
            end = tag if tag >= 0 else len(source)
            stack[-1].children.append(_decoded(source[at:end]))
            at = end
            continue
        match = _TAG.match(source, at)
        if match is None:
            raise _error("Unclosed start tag", source, at)
        _take(stack, match, source)
        at = match.end()
    if len(stack) > 1:
        raise _error(f'Can\'t find end tag corresponding to start tag "{stack[-1].tag}"')
    return root


def _take(stack: list[Node], match: re.Match[str], source: str) -> None:
    name, at = match["name"].lower(), match.start()
    if name not in TAGS:
        raise _error(f'Unsupported start tag "{name}"', source, at)
    if match["end"]:
        if name in EMPTY or len(stack) == 1 or stack[-1].tag != name:
            expected = f', expected "</{stack[-1].tag}>"' if len(stack) > 1 else ""
            raise _error(f'Unmatched end tag "{name}"{expected}', source, at)
        stack.pop()
        return
    node = Node(name, _attributes(match["attributes"]))
    stack[-1].children.append(node)
    if name not in EMPTY and not match["alone"]:
        stack.append(node)


def _attributes(source: str) -> dict[str, str]:
    found = _ATTRIBUTE.finditer(source)
    return {one[1].lower(): _decoded(next((part for part in one.groups()[1:] if part), "")) for one in found}


def _decoded(text: str) -> str:
    return _REFERENCE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return NAMED.get(name, match.group())
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    valid = 0 < code < 0x110000 and not 0xD800 <= code < 0xE000
    return chr(code) if valid else match.group()


def _error(what: str, source: str = "", at: int | None = None) -> ApiError:
    where = "" if at is None else f" at byte offset {len(source[:at].encode('utf-8', 'surrogatepass'))}"
    return bad_request(f"can't parse rich message: {what}{where}")
