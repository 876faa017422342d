"""A rich message as it is read."""

from typing import Any


def rich_words(rich: Any) -> str:
    """What is read of a rich message."""
    match rich:
        case str():
            return rich
        case list():
            return "".join(map(rich_words, rich))
        case dict():
            shown = ("blocks", "items", "cells", "summary", "text", "expression", "caption")
            return "\n".join(rich_words(rich[name]) for name in shown if name in rich)
    return ""
