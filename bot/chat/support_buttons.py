"""Buttons of support."""

from aiogram.filters.callback_data import CallbackData

from bot.chat.buttons import Id


class WriteToSchool(CallbackData, prefix="write"):
    """What is written next goes to the school."""


class ShowThread(CallbackData, prefix="thread"):
    id: Id


class CloseThread(CallbackData, prefix="closethread"):
    id: Id
