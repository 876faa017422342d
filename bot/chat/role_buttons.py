"""Buttons of roles. They carry ids; which role was chosen is looked up by its place, and kept with the conversation
until it is confirmed."""

from aiogram.filters.callback_data import CallbackData

from bot.chat.buttons import Id, Option


class BeginRole(CallbackData, prefix="newrole"):
    """Asks to whom a role is to be given."""


class ShowRole(CallbackData, prefix="role"):
    """`chat`: a Telegram id."""

    chat: Id


class ShowRoleOf(CallbackData, prefix="roleof"):
    """Of an account, in whichever chat. `choice`: the place of a role that was said already."""

    user: Id
    choice: Option | None = None


class ChooseRole(CallbackData, prefix="rolewhat"):
    chat: Id
    choice: Option


class ConfirmRole(CallbackData, prefix="roledo"):
    """`draft`: which preview it belongs to."""

    draft: Id
