"""The methods of the Bot API, by what they are about; importing a module registers its methods."""

from bot.sandbox.telegram.methods import (
    account,
    albums,
    delivery,
    groups,
    media,
    messages,
    payments,
    places,
    polls,
    queries,
    rich,
)
from bot.sandbox.telegram.methods.registry import find_method

__all__ = [
    "account",
    "albums",
    "delivery",
    "find_method",
    "groups",
    "media",
    "messages",
    "payments",
    "places",
    "polls",
    "queries",
    "rich",
]
