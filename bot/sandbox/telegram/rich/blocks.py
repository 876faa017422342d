"""The blocks of a rich message, from its tree of tags."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.telegram.errors import ApiError, bad_request
from bot.sandbox.telegram.rich.inline import RichText, plain, rich_text, source_of
from bot.sandbox.telegram.rich.tree import BLOCKS, HEADINGS, MEDIA, Node

Json = dict[str, Any]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Reader:
    """`media` makes the block of an img, video or audio tag by its address; it raises 400 where Telegram would."""

    def __init__(self, media: Callable[[str, str], Json], *, detect: bool) -> None:
        self._media = media
        self._detect = detect

    def flow(self, children: list[Node | str]) -> list[Json]:
        """Text between blocks is a paragraph of its own."""
        made: list[Json] = []
        run: list[Node | str] = []
        for child in [*children, Node("p")]:
            if isinstance(child, str) or not self._stands_alone(child):
                run.append(child)
                continue
            if (text := self._text(run)) or any(isinstance(one, Node) for one in run):
                made.append({"type": "paragraph", "text": text} if text else _anchor(run))
            run = []
            made += self._block(child)
        return made

    def _stands_alone(self, node: Node) -> bool:
        return node.tag in BLOCKS and not node.attributes.get("src", "").startswith("tg://emoji")

    def _text(self, children: list[Node | str]) -> RichText:
        return rich_text(children, detect=self._detect)

    def _block(self, node: Node) -> list[Json]:
        if node.tag in HEADINGS:
            return [{"type": "heading", "text": self._text(node.children), "size": HEADINGS[node.tag]}]
        if node.tag in MEDIA:
            return [self._medium(node)]
        match node.tag:
            case "p":
                text = self._text(node.children)
                return [{"type": "paragraph", "text": text}] if text else []
            case "hr":
                return [{"type": "divider"}]
            case "footer":
                return [{"type": "footer", "text": self._text(node.children)}]
            case "pre":
                return [_preformatted(node)]
            case "tg-math-block":
                return [{"type": "mathematical_expression", "expression": source_of(node).strip()}]
            case "ul" | "ol":
                return [self._list(node)]
            case "table":
                return [self._table(node)]
            case "details":
                return [self._details(node)]
            case "figure":
                return [self._figure(node)]
            case "blockquote" | "aside":
                return [self._quotation(node)]
            case _:
                return [self._several(node)]

    def _medium(self, node: Node) -> Json:
        block = self._media(node.tag, node.attributes.get("src", "").strip())
        return block | ({"has_spoiler": True} if "tg-spoiler" in node.attributes else {})

    def _figure(self, node: Node) -> Json:
        media = [one for one in _tags(node) if one.tag in MEDIA]
        if len(media) != 1:
            raise _wrong('Tag "figure" must hold one media')
        return self._medium(media[0]) | self._caption(node)

    def _caption(self, node: Node) -> Json:
        found = next((one for one in _tags(node) if one.tag == "figcaption"), None)
        if found is None:
            return {}
        return {"caption": {"text": self._text(_without(found, "cite"))} | self._credit(found)}

    def _credit(self, node: Node) -> Json:
        cite = next((one for one in _tags(node) if one.tag == "cite"), None)
        return {"credit": self._text(cite.children)} if cite else {}

    def _several(self, node: Node) -> Json:
        kind = node.tag.removeprefix("tg-")
        if kind not in ("collage", "slideshow"):
            raise bad_request("maps in rich messages are not supported by the sandbox")
        blocks = [self._medium(one) for one in _tags(node) if one.tag in MEDIA]
        if not blocks:
            raise _wrong(f'Tag "{node.tag}" must hold media')
        return {"type": kind, "blocks": blocks} | self._caption(node)

    def _quotation(self, node: Node) -> Json:
        inside = _without(node, "cite")
        if node.tag == "aside":
            return {"type": "pullquote", "text": self._text(inside)} | self._credit(node)
        return {"type": "blockquote", "blocks": self.flow(inside)} | self._credit(node)

    def _details(self, node: Node) -> Json:
        summary = next((one for one in _tags(node) if one.tag == "summary"), None)
        if summary is None:
            raise _wrong('Tag "details" must have a summary')
        opened = {"is_open": True} if "open" in node.attributes else {}
        blocks = self.flow(_without(node, "summary"))
        return {"type": "details", "summary": self._text(summary.children), "blocks": blocks} | opened

    def _list(self, node: Node) -> Json:
        start = node.attributes.get("start", "1")
        number = int(start) if start.removeprefix("-").isdecimal() else 1
        items = []
        for item in _only(node, {"li"}):
            given = item.attributes.get("value", "")
            number = int(given) if given.isdecimal() else number
            kind = item.attributes.get("type") or node.attributes.get("type") or "1"
            items.append(self._item(item, number, kind if node.tag == "ol" else ""))
            number += -1 if "reversed" in node.attributes else 1
        return {"type": "list", "items": items}

    def _item(self, item: Node, number: int, kind: str) -> Json:
        box = next((one for one in _tags(item) if one.tag == "input"), None)
        label = f"{_label(number, kind)}." if kind else "•"
        made: Json = {"label": label, "blocks": self.flow(_without(item, "input"))}
        if kind:
            made |= {"value": number, "type": kind}
        if box:
            made |= {"has_checkbox": True} | ({"is_checked": True} if "checked" in box.attributes else {})
        return made

    def _table(self, node: Node) -> Json:
        cells = [[self._cell(one) for one in _only(row, {"td", "th"})] for row in _only(node, {"tr", "caption"})
                 if row.tag == "tr"]  # fmt: skip
        if not any(cells):
            raise _wrong('Tag "table" must hold rows of cells')
        looks = {f"is_{name}": True for name in ("bordered", "striped") if name in node.attributes}
        caption = next((one for one in _tags(node) if one.tag == "caption"), None)
        named = {"caption": self._text(caption.children)} if caption else {}
        return {"type": "table", "cells": cells} | looks | named

    def _cell(self, node: Node) -> Json:
        made: Json = {
            "align": _one_of(node, "align", "left", "center", "right"),
            "valign": _one_of(node, "valign", "middle", "top", "bottom"),
            "text": self._text(node.children),
        }
        if node.tag == "th":
            made["is_header"] = True
        spans = {name: node.attributes.get(name, "1") for name in ("colspan", "rowspan")}
        return made | {
            name: int(value) for name, value in spans.items() if value.isdecimal() and value != "1"
        }


def _tags(node: Node) -> list[Node]:
    return [one for one in node.children if isinstance(one, Node)]


def _only(node: Node, allowed: set[str]) -> list[Node]:
    """The tags in it, with nothing but blanks between them."""
    for one in node.children:
        if isinstance(one, str) and one.strip():
            raise _wrong(f'Text is not allowed in the tag "{node.tag}"')
        if isinstance(one, Node) and one.tag not in allowed:
            raise _wrong(f'Tag "{one.tag}" is not allowed in the tag "{node.tag}"')
    return _tags(node)


def _without(node: Node, tag: str) -> list[Node | str]:
    return [one for one in node.children if not (isinstance(one, Node) and one.tag == tag)]


def _anchor(run: list[Node | str]) -> Json:
    names = [one.attributes.get("name", "") for one in run if isinstance(one, Node) and one.tag == "a"]
    return {"type": "anchor", "name": names[0] if names else ""}


def _preformatted(node: Node) -> Json:
    code = (
        _tags(node)[0] if len(node.children) == 1 and _tags(node) and _tags(node)[0].tag == "code" else None
    )
    text = rich_text((code or node).children, detect=False, raw=True)
    language = (code.attributes.get("class", "") if code else "").removeprefix("language-")
    if not plain(text).strip():
        raise _wrong('Tag "pre" is empty')
    return {"type": "pre", "text": text} | ({"language": language} if language else {})


def _label(number: int, kind: str) -> str:
    if kind in ("a", "A") and 1 <= number <= len(LETTERS):
        letter = LETTERS[number - 1]
        return letter.upper() if kind == "A" else letter
    return str(number)


def _one_of(node: Node, name: str, *values: str) -> str:
    given = node.attributes.get(name, "")
    return given if given in values else values[0]


def _wrong(what: str) -> ApiError:
    return bad_request(f"can't parse rich message: {what}")
