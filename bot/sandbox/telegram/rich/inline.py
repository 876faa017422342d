"""Formatted text inside a block: RichText of the Bot API, which is a string, a list, or an object around either."""

import re
from typing import Any

from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.html_text import link_of
from bot.sandbox.telegram.rich.tree import FORMATS, INLINE, Node
from bot.sandbox.telegram.text import FOUND

Json = dict[str, Any]
RichText = Any
_BLANK = re.compile(r"[ \t\r\n\f]+")
# What is found in plain text, and the field that names it.
_FIELDS = {
    "url": ("url", "url"),
    "email": ("email_address", "email_address"),
    "bot_command": ("bot_command", "bot_command"),
    "mention": ("mention", "username"),
    "hashtag": ("hashtag", "hashtag"),
}


def rich_text(children: list[Node | str], *, detect: bool, raw: bool = False) -> RichText:
    """`detect`: links and the like are found in plain text; `raw`: blanks stay as they are. Raises 400."""
    parts = _parts(children, detect=detect, raw=raw)
    return joined(parts) if raw else _trimmed(joined(parts))


def _parts(children: list[Node | str], *, detect: bool, raw: bool) -> list[RichText]:
    parts: list[RichText] = []
    for child in children:
        if isinstance(child, str):
            text = child if raw else _BLANK.sub(" ", child)
            parts += _found(text) if detect else [text]
        else:
            parts.append(_formatted(child, detect=detect, raw=raw))
    return parts


def plain(text: RichText) -> str:
    """What is read of it, formulas by their source."""
    match text:
        case str():
            return text
        case list():
            return "".join(plain(part) for part in text)
        case _:
            said = text.get("text", text.get("expression", text.get("alternative_text", "")))
            return plain(said)


def joined(parts: list[RichText]) -> RichText:
    """Neighbouring strings as one; a single part by itself."""
    made: list[RichText] = []
    for part in parts:
        if isinstance(part, str) and made and isinstance(made[-1], str):
            made[-1] += part
        elif part != "":
            made.append(part)
    return made[0] if len(made) == 1 else made or ""


def _trimmed(text: RichText) -> RichText:
    """Without blanks at the ends and around line breaks."""
    parts = text if isinstance(text, list) else [text]
    parts = [re.sub(r" ?\n ?", "\n", part) if isinstance(part, str) else part for part in parts]
    if parts and isinstance(parts[0], str):
        parts[0] = parts[0].lstrip()
    if parts and isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip()
    return joined(parts)


def _formatted(node: Node, *, detect: bool, raw: bool) -> RichText:
    if node.tag not in INLINE and not (node.tag == "img" and _emoji_id(node)):
        raise bad_request(f'can\'t parse rich message: Tag "{node.tag}" is not allowed inside text')

    def inner(find: bool) -> RichText:
        return joined(_parts(node.children, detect=find, raw=raw))

    if node.tag in FORMATS:
        return {"type": FORMATS[node.tag], "text": inner(detect and node.tag != "code")}
    match node.tag:
        case "br":
            return "\n"
        case "a":
            return _link(node, inner(False))
        case "tg-reference":
            return {"type": "reference", "text": inner(detect), "name": node.attributes.get("name", "")}
        case "tg-time":
            unix, form = node.attributes.get("unix", ""), node.attributes.get("format", "")
            if not unix.isdecimal():
                raise bad_request('can\'t parse rich message: Tag "tg-time" must have attribute "unix"')
            return {
                "type": "date_time",
                "text": inner(False),
                "unix_time": int(unix),
                "date_time_format": form,
            }
        case "tg-math":
            return {"type": "mathematical_expression", "expression": source_of(node)}
        case "img":
            return _emoji(_emoji_id(node), node.attributes.get("alt", ""))
        case _:
            return _emoji(node.attributes.get("emoji-id", ""), source_of(node))


def _emoji_id(node: Node) -> str:
    return node.attributes.get("src", "").partition("tg://emoji?id=")[2]


def _emoji(number: str, alternative: str) -> Json:
    return {"type": "custom_emoji", "custom_emoji_id": number, "alternative_text": alternative}


def _link(node: Node, text: RichText) -> RichText:
    if "name" in node.attributes:
        return {"type": "anchor", "name": node.attributes["name"]}
    href = node.attributes.get("href", "").strip()
    if href.startswith("#"):
        return {"type": "anchor_link", "text": text, "anchor_name": href[1:]}
    if href.startswith("mailto:"):
        return {"type": "email_address", "text": text, "email_address": href.removeprefix("mailto:")}
    if href.startswith("tel:"):
        return {"type": "phone_number", "text": text, "phone_number": href.removeprefix("tel:")}
    url = link_of(href)
    return {"type": "url", "text": text, "url": url} if url else text


def source_of(node: Node) -> str:
    """The text of a formula, as it stands."""
    return "".join(child if isinstance(child, str) else source_of(child) for child in node.children)


def _found(text: str) -> list[RichText]:
    parts: list[RichText] = []
    at = 0
    for match in FOUND.finditer(text):
        kind, name = _FIELDS[str(match.lastgroup)]
        said = match.group()
        value = said.lstrip("@#") if kind in ("mention", "hashtag") else said
        parts += [text[at : match.start()], {"type": kind, "text": said, name: value}]
        at = match.end()
    return [*parts, text[at:]]
