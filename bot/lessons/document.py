"""A lesson's text in either markup, for either kind of message; kept, since thousands read the same."""

from enum import StrEnum
from functools import lru_cache

from bot.chat import markup
from bot.chat.markup import MarkupError
from bot.lessons import classic, rich
from bot.lessons.limits import measure

KEPT = 512  # texts
HEAD = 400  # characters that stand before a lesson's text: course, number and title


class Markup(StrEnum):
    """In which a lesson's text is written."""

    HTML = "html"
    MARKDOWN = "markdown"


class Format(StrEnum):
    """The kind of message in which lessons of a module are shown."""

    CLASSIC = "classic"
    RICH = "rich"


@lru_cache(KEPT)
def as_classic(text: str, written: str) -> str:
    """Telegram's HTML, of any length. Raises MarkupError."""
    return classic.from_markdown(text) if written == Markup.MARKDOWN else text


@lru_cache(KEPT)
def as_rich(text: str, written: str) -> str:
    """Rich HTML, of any size. Raises MarkupError."""
    return rich.from_markdown(text) if written == Markup.MARKDOWN else rich.from_html(text)


def check(text: str, written: str) -> None:
    """Raises MarkupError."""
    if written == Markup.MARKDOWN:
        markup.check(classic.from_markdown(text))
    else:
        markup.check(text)


@lru_cache(KEPT)
def rich_problems(text: str, written: str, *, has_file: bool) -> tuple[str, ...]:
    """Why one rich message can't hold it; empty where it can. `has_file`: a file of its own stands above the text.
    Raises MarkupError."""
    size = measure(as_rich(text, written))
    size.characters += HEAD
    size.blocks += 2 + has_file  # its course, its title, its file
    size.media += has_file
    return tuple(size.problems())


def check_rich(text: str, written: str, *, has_file: bool) -> None:
    """Raises MarkupError where one rich message can't hold it."""
    if problems := rich_problems(text, written, has_file=has_file):
        raise MarkupError(f"too large for one rich message: {'; '.join(problems)}")
