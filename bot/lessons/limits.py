"""How large a rich message may be: docs/facts.md#rich-messages. Counted in our own HTML, which has every text in a
block of its own; a test holds it against the sandbox, which counts what it has read."""

from dataclasses import dataclass
from html.parser import HTMLParser

CHARACTERS, BLOCKS, LEVELS, MEDIA, COLUMNS = 32_768, 500, 16, 50, 20
FILES = {"img", "video", "audio"}
COUNTED = FILES | {f"h{size}" for size in range(1, 7)}
COUNTED |= {"p", "pre", "hr", "ul", "ol", "li", "blockquote", "table", "tr", "details", "tg-math-block"}
FORMATS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "mark", "sub", "sup", "a"}
FORMATS |= {"tg-spoiler", "tg-math", "tg-emoji"}
EMPTY = {"br", "hr", "img"}


@dataclass(slots=True)
class Size:
    characters: int = 0
    blocks: int = 0
    levels: int = 0
    media: int = 0
    columns: int = 0

    def problems(self) -> list[str]:
        """Why Telegram would refuse it; empty where it would not."""
        limits = (
            ("characters", self.characters, CHARACTERS),
            ("blocks", self.blocks, BLOCKS),
            ("levels", self.levels, LEVELS),
            ("pictures and files", self.media, MEDIA),
            ("columns in a table", self.columns, COLUMNS),
        )
        return [f"{size} {what}, at most {most}" for what, size, most in limits if size > most]


def measure(html: str) -> Size:
    counter = _Counter()
    counter.feed(html)
    counter.close()
    return counter.size


class _Counter(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.size = Size()
        self.open: list[str] = []
        self.columns = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        size = self.size
        size.blocks += tag in COUNTED
        size.media += tag in FILES
        size.characters += tag == "br"
        self.columns = 0 if tag == "tr" else self.columns + (tag in ("td", "th"))
        size.columns = max(size.columns, self.columns)
        self.open.append(tag)
        size.levels = max(size.levels, sum(map(self._is_level, range(len(self.open)))))
        if tag in EMPTY:
            self.open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.size.characters += len(data)

    def _is_level(self, at: int) -> bool:
        tag = self.open[at]
        if tag == "code" and "pre" in self.open[:at]:
            return False
        return tag in COUNTED or tag in FORMATS
