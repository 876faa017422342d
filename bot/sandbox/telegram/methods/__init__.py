"""The methods of the Bot API, by what they are about; importing a module registers its methods."""

from bot.sandbox.telegram.methods import account, delivery, media, messages, payments, queries
from bot.sandbox.telegram.methods.registry import find_method

__all__ = ["account", "delivery", "find_method", "media", "messages", "payments", "queries"]
