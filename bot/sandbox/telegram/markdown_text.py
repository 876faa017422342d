"""Telegram's two Markdown dialects, as strict as the real parser (tdlib, MessageEntity.cpp).

The rules are those of parse_markdown and parse_markdown_v2 there. Positions in errors are byte offsets in UTF-8.
"""

import re
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit

from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.html_text import link_of

Json = dict[str, Any]
SPACES = " \t\r\n\0\v"
RESERVED = "_*[]()~`>#+-=|{}.!"
LEGACY_KINDS = {"_": "italic", "*": "bold", "[": "text_link", "`": "code"}
# How tdlib names an entity in its errors.
NAMES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
}
# What ends each kind; the longest that begins an entity comes first.
MARKS = {
    "__": "underline",
    "_": "italic",
    "*": "bold",
    "~": "strikethrough",
    "||": "spoiler",
    "[": "text_link",
    "```": "pre",
    "`": "code",
    "![": "custom_emoji",
}
ENDS = {kind: "]" if mark in ("[", "![") else mark for mark, kind in MARKS.items()}


@dataclass
class Open:
    kind: str
    offset: int  # UTF-16 units of the text before it
    start: int  # its length in code points
    begin: int  # where its mark stands in the source
    language: str = ""


class _Text:
    """The source, how far it is read, and the text and entities found so far."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.parts: list[str] = []
        self.units = 0
        self.entities: list[Json] = []

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def peek(self, ahead: int = 0) -> str:
        """The character so far ahead, NUL behind the end."""
        at = self.at + ahead
        return self.source[at] if at < len(self.source) else "\0"

    def add(self, character: str) -> None:
        self.parts.append(character)
        self.units += 2 if ord(character) > 0xFFFF else 1

    def take_language(self) -> str:
        """The language behind ``` and one line break; "" where a space or the closing mark comes first."""
        end = self.at
        while end < len(self.source) and self.source[end] not in SPACES and self.source[end] != "`":
            end += 1
        language = ""
        if end < len(self.source) and self.source[end] != "`":
            language, self.at = self.source[self.at : end], end
        if self.peek() in "\r\n":
            self.at += 2 if self.peek(1) in "\r\n" and self.peek(1) != self.peek() else 1
        return language

    def fail(self, what: str, at: int | None = None) -> NoReturn:
        where = "" if at is None else f" at byte offset {self.bytes(at)}"
        raise bad_request(f"can't parse entities: {what}{where}")

    def bytes(self, at: int) -> int:
        return len(self.source[:at].encode("utf-8", "surrogatepass"))


def parse_markdown(source: str) -> tuple[str, list[Json]]:
    """The legacy dialect: nothing nests. Raises 400 "can't parse entities: …"."""
    text = _Text(source)
    while text.at < len(source):
        character = text.peek()
        if character == "\\" and text.peek(1) in LEGACY_KINDS:
            text.add(text.peek(1))
            text.at += 2
        elif character in LEGACY_KINDS:
            _take_legacy(text, character)
        else:
            text.add(character)
            text.at += 1
    return text.text, text.entities


def _take_legacy(text: _Text, mark: str) -> None:
    begin, offset = text.at, text.units
    kind, language = LEGACY_KINDS[mark], ""
    end = {"[": "]"}.get(mark, mark)
    text.at += 1
    if text.source.startswith("```", begin):
        kind, end = "pre", "```"
        text.at += 2
        language = text.take_language()
    close = text.source.find(end, text.at)
    if close < 0:
        text.fail(f"Can't find end of the entity starting at byte offset {text.bytes(begin)}")
    inner = text.source[text.at : close]
    for character in inner:
        text.add(character)
    text.at = close + len(end)
    if inner:
        entity: Json = {"type": kind, "offset": offset, "length": text.units - offset}
        _keep(text, entity, language=language, url=_legacy_url(text, inner) if mark == "[" else None)


def _legacy_url(text: _Text, inner: str) -> str:
    """What stands in brackets behind the label, else the label itself; the last bracket may be missing."""
    if text.peek() != "(":
        return inner
    close = text.source.find(")", text.at)
    close = len(text.source) if close < 0 else close
    url = text.source[text.at + 1 : close]
    text.at = close + 1
    return url


def _keep(text: _Text, entity: Json, *, language: str = "", url: str | None = None) -> None:
    """Adds the entity; a label with what is no address stays plain text."""
    if language:
        entity["language"] = language
    if entity["type"] == "text_link":
        link = link_of(url or "")
        if link is None:
            return
        entity["url"] = link
    text.entities.append(entity)


def parse_markdown_v2(source: str) -> tuple[str, list[Json]]:
    """The second dialect, which nests. Raises 400 "can't parse entities: …"."""
    parser = _MarkdownV2(source)
    parser.run()
    return parser.text, parser.entities


class _MarkdownV2(_Text):
    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.open: list[Open] = []
        self.quote: Open | None = None
        self.expandable = False
        self.at_line_start = True  # a quotation may begin here

    def run(self) -> None:
        while self.at < len(self.source):
            self._step()
        if self.quote is not None and self.open[-1] is self.quote:
            self._close_quote()
        if self.open:
            last = self.open[-1]
            self.fail(f"Can't find end of {_name(last)} entity", last.begin)

    def _step(self) -> None:
        character = self.peek()
        if character == "\\" and "\0" < self.peek(1) <= "~":
            self.add(self.peek(1))
            self.at += 2
            self.at_line_start = False
        elif character not in self._reserved():
            self.add(character)
            self.at += 1
            self.at_line_start = character == "\n" or (character == "\r" and self.at_line_start)
        elif character == "\n":
            self._end_line()
        elif self.open and self._ends(self.open[-1]):
            self._close(self.open.pop())
        else:
            self._begin(character)

    def _reserved(self) -> str:
        if self.open and self.open[-1].kind in ("code", "pre"):
            return "`"
        return RESERVED + "\n" if self.quote else RESERVED

    def _ends(self, entity: Open) -> bool:
        mark = ENDS.get(entity.kind)
        if mark is None or not self.source.startswith(mark, self.at):
            return False
        return not (mark == "_" and self.peek(1) == "_")

    def _begin(self, character: str) -> None:
        if character == ">" and self.at_line_start and self.quote is None:
            self.quote, self.expandable = self._push("blockquote", 1), False
            return
        if self._is_expandability_mark():
            self.expandable = True
            self.at += 2
            return
        mark = next((mark for mark in MARKS if self.source.startswith(mark, self.at)), None)
        if mark is None:
            self.fail(f"Character '{character}' is reserved and must be escaped with the preceding '\\'")
        entity = self._push(MARKS[mark], len(mark))
        if entity.kind == "pre":
            entity.language = self.take_language()

    def _push(self, kind: str, width: int) -> Open:
        entity = Open(kind, self.units, len(self.parts), self.at)
        self.open.append(entity)
        self.at += width
        return entity

    def _is_expandability_mark(self) -> bool:
        """`||` at the very end of a quotation lets it be folded."""
        if self.quote is None or self.open[-1] is not self.quote:
            return False
        return re.compile(r"\|\|(\r?\n(?!>)|\Z)").match(self.source, self.at) is not None

    def _end_line(self) -> None:
        """Inside a quotation: the next line goes on with `>`, or this one was its last."""
        if self.peek(1) == ">":
            self.add("\n")
            self.at += 2
            return
        last = self.open[-1]
        if last is not self.quote:
            self.fail(f"Can't find end of {_name(last)} entity", last.begin)
        self.add("\n")
        self.at += 1
        self.at_line_start = True
        self._close_quote()

    def _close_quote(self) -> None:
        quote = self.open.pop()
        self.quote = None
        if self.units > quote.offset:
            kind = "expandable_blockquote" if self.expandable else "blockquote"
            self.entities.append({"type": kind, "offset": quote.offset, "length": self.units - quote.offset})

    def _close(self, entity: Open) -> None:
        self.at += len(ENDS[entity.kind])
        found: Json = {"type": entity.kind, "offset": entity.offset, "length": self.units - entity.offset}
        url = None
        if entity.kind == "text_link":
            url = self._address("a URL") if self.peek() == "(" else "".join(self.parts[entity.start :])
        elif entity.kind == "custom_emoji":
            if self.peek() != "(":
                self.fail("Custom emoji entity must contain a tg://emoji URL")
            found["custom_emoji_id"] = self._emoji_of(self._address("a custom emoji URL"))
        if found["length"]:
            _keep(self, found, language=entity.language, url=url)

    def _address(self, what: str) -> str:
        """The address in brackets, and on behind them."""
        self.at += 1
        begin = self.at
        match = re.compile(r"((?:\\[\x01-\x7e]|[^)])*+)\)", re.DOTALL).match(self.source, begin)
        if match is None:
            self.fail(f"Can't find end of {what}", begin)
        self.at = match.end()
        return re.sub(r"\\([\x01-\x7e])", r"\1", match.group(1), flags=re.DOTALL)

    def _emoji_of(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "tg":
            self.fail("Custom emoji URL must have scheme tg")
        host = parts.netloc or parts.path.partition("/")[0]
        if host.lower() != "emoji":
            self.fail('Custom emoji URL must have host "emoji"')
        number = parse_qs(parts.query).get("id", [""])[0]
        if not number:
            self.fail("Custom emoji URL must have an emoji identifier")
        if re.fullmatch(r"[1-9]\d{0,18}", number, re.ASCII) is None:
            self.fail("Invalid custom emoji identifier specified")
        return number


def _name(entity: Open) -> str:
    return "PreCode" if entity.language else NAMES[entity.kind]
