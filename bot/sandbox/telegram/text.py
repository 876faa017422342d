"""Formatted text as a message carries it: plain text plus entities counted in UTF-16 units."""

import re
from dataclasses import dataclass
from typing import Any

from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.html_text import parse_html
from bot.sandbox.telegram.markdown_text import parse_markdown, parse_markdown_v2
from bot.sandbox.telegram.params import Params

Json = dict[str, Any]
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
PARSERS = {"html": parse_html, "markdown": parse_markdown, "markdownv2": parse_markdown_v2}
# Of entities at the same place the outer one comes first; those not named stand between the two groups (tdlib).
OUTER = ("blockquote", "expandable_blockquote", "pre", "code", "text_link")
INNER = ("bold", "italic", "underline", "strikethrough", "spoiler", "custom_emoji")

FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}])"
    r"|(?P<email>[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})"
    r"|(?<![\w/@<>])(?P<bot_command>/[A-Za-z0-9_]{1,64}+(?:@[A-Za-z0-9_]{3,32})?+)(?![\w/<>])"
    r"|(?<![\w@/])(?P<mention>@[A-Za-z0-9_]{4,32})(?!\w)"
    r"|(?<![\w#])(?P<hashtag>#\w*[^\W\d_]\w*)"
)


@dataclass(frozen=True)
class Formatted:
    text: str
    entities: list[Json]


def utf16_len(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def read_text(params: Params, name: str = "text", entities: str = "entities") -> Formatted:
    """The message text of a call; raises 400 when empty, too long, or not parseable."""
    formatted = parsed(params, name, entities)
    if not formatted.text:
        raise bad_request("message text is empty")
    if len(formatted.text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return formatted


def read_caption(params: Params) -> Formatted:
    """The caption of a call, which may be empty; raises 400 when too long or not parseable."""
    formatted = parsed(params, "caption", "caption_entities")
    if len(formatted.text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return formatted


def from_person(text: str) -> Formatted:
    """What a person typed: never formatted, only links, commands and the like are found in it."""
    return with_found(Formatted(text.strip(), []))


def parsed(params: Params, name: str, entities: str, mode_name: str = "parse_mode") -> Formatted:
    """The named text by its parse mode, else with the entities given; raises 400 when it cannot be parsed."""
    raw = params.text(name)
    mode = params.text(mode_name).lower()
    if mode in ("", "none"):
        formatted = Formatted(raw, _given(params.listing(entities) or [], utf16_len(raw)))
    elif mode in PARSERS:
        formatted = Formatted(*PARSERS[mode](raw))
    else:
        raise bad_request("unsupported parse_mode")
    return with_found(_trimmed(formatted))


def _given(entities: list[Any], length: int) -> list[Json]:
    for entity in entities:
        if not isinstance(entity, dict) or not {"type", "offset", "length"} <= entity.keys():
            raise bad_request("can't parse MessageEntity: an object with type, offset and length is expected")
        if not all(isinstance(entity[name], int) for name in ("offset", "length")):
            raise bad_request("can't parse MessageEntity: offset and length must be Integers")
        if entity["offset"] < 0 or entity["length"] < 1 or entity["offset"] + entity["length"] > length:
            raise bad_request("entity beginning or end is out of the text")
    return [dict(entity) for entity in entities]


def _trimmed(formatted: Formatted) -> Formatted:
    """Telegram cuts white space off both ends and moves the entities along."""
    text = formatted.text.strip()
    if text == formatted.text:
        return formatted
    lead = utf16_len(formatted.text) - utf16_len(formatted.text.lstrip())
    clipped = (_clipped(entity, lead, utf16_len(text)) for entity in formatted.entities)
    return Formatted(text, [entity for entity in clipped if entity["length"] > 0])


def _clipped(entity: Json, lead: int, length: int) -> Json:
    start = max(entity["offset"] - lead, 0)
    end = min(entity["offset"] + entity["length"] - lead, length)
    return {**entity, "offset": start, "length": end - start}


def with_found(formatted: Formatted) -> Formatted:
    """Adds links, e-mails, commands, mentions and hashtags that stand outside code and links."""
    taken = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in formatted.entities
        if entity["type"] in ("code", "pre", "text_link", "text_mention")
    ]
    found = [
        entity
        for match in FOUND.finditer(formatted.text)
        if not _overlaps(entity := _entity_of(match, formatted.text), taken)
    ]
    return Formatted(formatted.text, sorted([*formatted.entities, *found], key=_order))


def _entity_of(match: re.Match[str], text: str) -> Json:
    start = utf16_len(text[: match.start()])
    return {"type": match.lastgroup, "offset": start, "length": utf16_len(match.group())}


def _overlaps(entity: Json, taken: list[tuple[int, int]]) -> bool:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    return any(start < other_end and other_start < end for other_start, other_end in taken)


def _order(entity: Json) -> tuple[int, int, int]:
    """As Telegram lists them: by their beginning, the longer one first, then outer before inner."""
    kind = entity["type"]
    rank = OUTER.index(kind) if kind in OUTER else len(OUTER)
    if kind in INNER:
        rank += 1 + INNER.index(kind)
    return entity["offset"], -entity["length"], rank
