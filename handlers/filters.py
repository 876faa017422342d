"""Who may: checked at the moment of the action, from what Telegram says."""

from aiogram.filters import Command as CommandFilter
from aiogram.filters import Filter
from aiogram.types import TelegramObject
from magic_filter import MagicFilter

from bot.chat.commands import Command
from bot.context import AppContext
from db.chats import Person


class SignedIn(Filter):
    """An account with a live session on this chat."""

    async def __call__(self, event: TelegramObject, person: Person) -> bool:
        return person.signed_in


class NotSignedOut(Filter):
    """Signed in, or without an account: who has one signs in first."""

    async def __call__(self, event: TelegramObject, person: Person) -> bool:
        return person.signed_in or person.account is None


class Admin(Filter):
    async def __call__(self, event: TelegramObject, person: Person, context: AppContext) -> bool:
        return person.telegram_id in context.settings.admin_ids


class is_(CommandFilter):
    """A message that is this command, in whatever letter case."""

    def __init__(self, *commands: Command, magic: MagicFilter | None = None) -> None:
        super().__init__(*(command.name for command in commands), ignore_case=True, magic=magic)
