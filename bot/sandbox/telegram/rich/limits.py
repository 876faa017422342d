"""How large a rich message may be. https://core.telegram.org/bots/api#rich-message-limits"""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.rich.inline import plain

Json = dict[str, Any]
CHARACTERS, BLOCKS, LEVELS, MEDIA, COLUMNS = 32_768, 500, 16, 50, 20
TEXTS = ("text", "summary", "expression", "credit")
KINDS = ("photo", "video", "audio", "animation", "voice_note", "document")


def check(blocks: list[Json]) -> None:
    """Raises 400."""
    everything = list(_all(blocks))
    if not everything:
        raise bad_request("message text is empty")
    if sum(map(_characters, everything)) > CHARACTERS:
        raise bad_request("message is too long")
    if sum(len(one.get("cells", ())) + len(one.get("items", ())) + 1 for one in everything) > BLOCKS:
        raise bad_request("rich message has too many blocks")
    if max(_depth(one) for one in blocks) > LEVELS:
        raise bad_request("rich message is nested too deep")
    if sum(one["type"] in KINDS for one in everything) > MEDIA:
        raise bad_request("rich message has too many media")
    if any(_columns(row) > COLUMNS for one in everything for row in one.get("cells", ())):
        raise bad_request("table in rich message has too many columns")


def _all(blocks: list[Json]) -> Iterator[Json]:
    for block in blocks:
        yield block
        yield from _all(_inside(block))


def _inside(block: Json) -> list[Json]:
    """The blocks within a block."""
    return [*block.get("blocks", ()), *(one for item in block.get("items", ()) for one in item["blocks"])]


def _texts(block: Json) -> list[Any]:
    """The texts of the block itself."""
    cells = [cell["text"] for row in block.get("cells", ()) for cell in row]
    caption = block.get("caption")
    parts = (
        [caption.get("text", ""), caption.get("credit", "")] if isinstance(caption, dict) else [caption or ""]
    )
    return [*(block[name] for name in TEXTS if name in block), *cells, *parts]


def _characters(block: Json) -> int:
    return sum(len(plain(text)) for text in _texts(block))


def _depth(block: Json) -> int:
    """A list and a table hold items and rows, which are a level of their own."""
    own = 1 + bool(block.get("items") or block.get("cells"))
    inside = [_depth(one) for one in _inside(block)]
    return own + max([*inside, *map(_formats, _texts(block))], default=0)


def _formats(text: Any) -> int:
    match text:
        case list():
            return max(map(_formats, text), default=0)
        case dict():
            return 1 + _formats(text.get("text", ""))
        case _:
            return 0


def _columns(row: list[Json]) -> int:
    return sum(int(cell.get("colspan", 1)) for cell in row)
