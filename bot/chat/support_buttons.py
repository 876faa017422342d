"""Buttons of support."""

from aiogram.filters.callback_data import CallbackData

from bot.chat.buttons import Id


class WriteToSchool(CallbackData, prefix="write"):
    """What is written next goes to the school."""


class WriteToPerson(CallbackData, prefix="writeto"):
    """Shows an admin what was written with the person of this account."""

    user: Id


class ShowThread(CallbackData, prefix="thread"):
    id: Id


class CloseThread(CallbackData, prefix="closethread"):
    id: Id
