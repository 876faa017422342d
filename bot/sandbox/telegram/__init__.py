"""A local Telegram: the Bot API over HTTP, and the people who chat with the bots."""

from bot.sandbox.telegram.page_api import page_errors
from bot.sandbox.telegram.server import Telegram

__all__ = ["Telegram", "page_errors"]
