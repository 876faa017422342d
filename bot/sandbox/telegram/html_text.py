"""Telegram's HTML dialect, as strict as the real parser (tdlib, MessageEntity.cpp, parse_html).

Positions in errors are byte offsets in UTF-8, as Telegram reports them. Python's html.parser is too
forgiving to stand in: it takes `a < b` and unclosed tags as text, where Telegram refuses the message.
"""

import re
from dataclasses import dataclass
from typing import Any

from bot.sandbox.telegram.errors import ApiError, bad_request

Json = dict[str, Any]
KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot));?")
_ATTRIBUTE = re.compile(
    r"\s+([^\s=>/]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([a-zA-Z0-9.\-]+)))?(?=[\s>/\"'])", re.DOTALL
)


@dataclass
class Open:
    tag: str
    attributes: dict[str, str]
    offset: int  # UTF-16 units of the text before the tag
    start: int  # its length in code points


def parse_html(source: str) -> tuple[str, list[Json]]:
    """The text without tags and its entities; raises 400 "can't parse entities: …"."""
    parser = _Parser(source)
    parser.run()
    return parser.text, parser.entities


def decode_references(text: str) -> str:
    """Only numeric references and the four named ones are known; any other `&` is itself."""
    return _REFERENCE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return NAMED[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    valid = 0 < code < 0x110000 and not 0xD800 <= code < 0xE000
    return chr(code) if valid else match.group()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.parts: list[str] = []
        self.units = 0
        self.size = 0
        self.open: list[Open] = []
        self.entities: list[Json] = []

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def run(self) -> None:
        while self.at < len(self.source):
            tag = self.source.find("<", self.at)
            self._take_text(tag if tag >= 0 else len(self.source))
            if tag >= 0:
                self._take_tag()
        if self.open:
            raise self._error(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')

    def _take_text(self, end: int) -> None:
        piece = decode_references(self.source[self.at : end])
        self.parts.append(piece)
        self.units += len(piece.encode("utf-16-le", "surrogatepass")) // 2
        self.size += len(piece)
        self.at = end

    def _take_tag(self) -> None:
        if self.source.startswith("</", self.at):
            self._take_end_tag()
        else:
            self._take_start_tag()

    def _take_start_tag(self) -> None:
        begin = self.at
        head = re.compile(r"<([^\s>/]*)").match(self.source, begin)
        name = head.group(1).lower() if head else ""
        end = begin + 1 + len(name)
        if end >= len(self.source):
            raise self._error("Unclosed start tag", begin)
        if name not in KINDS:
            raise self._error(f'Unsupported start tag "{name}"', begin)
        attributes, end = self._attributes(name, begin, end)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise self._error('Tag "span" must have class "tg-spoiler"', begin)
        self.open.append(Open(name, attributes, self.units, self.size))
        self.at = end

    def _attributes(self, tag: str, begin: int, at: int) -> tuple[dict[str, str], int]:
        """The attributes from `at` to the closing `>`, and where the text goes on."""
        found: dict[str, str] = {}
        while match := _ATTRIBUTE.match(self.source, at):
            value = next((group for group in match.groups()[1:] if group is not None), "")
            found[match.group(1).lower()] = decode_references(value)
            at = match.end()
        rest = re.compile(r"\s*>").match(self.source, at)
        if rest is None:
            closed = ">" in self.source[at:]
            problem = f'Wrong attribute in the tag "{tag}"' if closed else "Unclosed start tag"
            raise self._error(problem, begin)
        return found, rest.end()

    def _take_end_tag(self) -> None:
        begin = self.at
        match = re.compile(r"</([^\s>]*)\s*(>?)").match(self.source, begin)
        if not self.open:
            raise self._error("Unexpected end tag", begin)
        if match is None or not match.group(2):
            raise self._error("Unclosed end tag", begin)
        name, wanted = match.group(1).lower(), self.open[-1].tag
        if name and name != wanted:
            what = f'Unmatched end tag at byte offset {self._bytes(begin)}, expected "</{wanted}>"'
            raise self._error(f'{what}, found "</{name}>"')
        self.at = match.end()
        self._close(self.open.pop())

    def _close(self, tag: Open) -> None:
        if self.units == tag.offset:
            return
        entity: Json = {"type": KINDS[tag.tag], "offset": tag.offset, "length": self.units - tag.offset}
        match tag.tag:
            case "a":
                url = link_of(tag.attributes.get("href") or self.text[tag.start :])
                if url is None:
                    return
                entity["url"] = url
            case "blockquote" if "expandable" in tag.attributes:
                entity["type"] = "expandable_blockquote"
            case "tg-emoji":
                entity["custom_emoji_id"] = tag.attributes.get("emoji-id", "")
            case "code" if self._inside_pre(tag):
                self._remember_language(tag)
                return
            case "pre" if "language" in tag.attributes:
                entity["language"] = tag.attributes["language"]
        self.entities.append(entity)

    def _inside_pre(self, tag: Open) -> bool:
        return bool(self.open) and self.open[-1].tag == "pre" and self.open[-1].offset == tag.offset

    def _remember_language(self, tag: Open) -> None:
        """`<pre><code class="language-x">`: the two make one entity."""
        name = tag.attributes.get("class", "")
        if name.startswith("language-"):
            self.open[-1].attributes["language"] = name.removeprefix("language-")

    def _bytes(self, at: int) -> int:
        return len(self.source[:at].encode("utf-8", "surrogatepass"))

    def _error(self, what: str, at: int | None = None) -> ApiError:
        where = "" if at is None else f" at byte offset {self._bytes(at)}"
        return bad_request(f"can't parse entities: {what}{where}")


def link_of(text: str) -> str | None:
    """The address as Telegram keeps it, None for what it takes for no address (the text stays plain)."""
    text = text.strip()
    if re.match(r"(?i)(https?|tg|tonsite)://[^\s/]", text):
        return text
    if re.match(r"(?i)mailto:[^\s@]+@[^\s@]+$", text):
        return text
    if re.match(r"(?i)[\w-]+(\.[\w-]+)+(/\S*)?$", text):
        return f"http://{text}"
    return None
