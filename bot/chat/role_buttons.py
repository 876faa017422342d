"""Buttons of roles. They carry ids; which role was chosen is looked up by its place, and kept with the conversation
until it is confirmed."""

from typing import Annotated

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.chat.buttons import Id


class BeginRole(CallbackData, prefix="newrole"):
    """Asks to whom a role is to be given."""


class ShowRole(CallbackData, prefix="role"):
    """`chat`: a Telegram id."""

    chat: Id


class ShowRoleOf(CallbackData, prefix="roleof"):
    """Of an account, in whichever chat. `choice`: the place of a role that was said already, 9 for none."""

    user: Id
    choice: Annotated[int, Field(ge=0, le=9)] = 9


class ChooseRole(CallbackData, prefix="rolewhat"):
    chat: Id
    choice: Annotated[int, Field(ge=0, le=9)]


class ConfirmRole(CallbackData, prefix="roledo"):
    """`draft`: which preview it belongs to."""

    draft: Id
