"""Who may: checked at the moment of the action, from what Telegram says."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import Bot, Router
from aiogram.filters import Command as CommandFilter
from aiogram.filters import Filter
from aiogram.types import CallbackQuery, Message, TelegramObject
from magic_filter import MagicFilter

from bot.chat.buttons import Go
from bot.chat.commands import COMMANDS, Audience, Command
from bot.chat.replies import toast
from bot.chat.rights import Right, may
from bot.context import AppContext
from bot.texts.roles import NOT_ALLOWED
from db.chats import Person

ADMINS = {command.name: command for command in COMMANDS if command.audience is Audience.ADMIN}


class SignedIn(Filter):
    """An account with a live session on this chat."""

    async def __call__(self, event: TelegramObject, person: Person) -> bool:
        return person.signed_in


class NotSignedOut(Filter):
    """Signed in, or without an account: who has one signs in first."""

    async def __call__(self, event: TelegramObject, person: Person) -> bool:
        return person.signed_in or person.account is None


class Allowed(Filter):
    """Has one of these rights, or, where none is named, any."""

    def __init__(self, *rights: Right) -> None:
        self._rights = rights

    async def __call__(self, event: TelegramObject, person: Person, context: AppContext) -> bool:
        return may(person, context.settings, *self._rights)


class is_(CommandFilter):
    """A message that is this command, in whatever letter case, of somebody who may use it."""

    def __init__(self, *commands: Command, magic: MagicFilter | None = None) -> None:
        super().__init__(*(command.name for command in commands), ignore_case=True, magic=magic)

    async def __call__(  # type: ignore[override] # aiogram gives a filter what it names
        self, message: Message, bot: Bot, person: Person, context: AppContext
    ) -> bool | dict[str, Any]:
        found = await super().__call__(message, bot)
        if isinstance(found, dict) and (command := ADMINS.get(found["command"].command.casefold())):
            rights = (command.right,) if command.right else ()
            return may(person, context.settings, *rights) and found
        return found


class goes_to(Filter):
    """A button to the place of one of these commands, which the handler may ask for as `place`."""

    def __init__(self, *commands: Command) -> None:
        self.places = {Go(command=command.name).pack(): command for command in commands}

    async def __call__(self, query: CallbackQuery) -> dict[str, Command] | bool:
        place = self.places.get(query.data or "")
        return {"place": place} if place else False


def router_for(name: str, whom: Filter) -> Router:
    """Of what only some may do: to others it is as any other message or button."""
    router = Router(name=name)
    router.message.filter(whom)
    router.callback_query.filter(whom)
    return router


def role_router(name: str, *rights: Right) -> Router:
    """Of what needs one of these rights, or, where none is named, any. To others a message is as any other; a button is
    answered: it may have been theirs."""
    router = Router(name=name)
    router.message.filter(Allowed(*rights))

    async def check(
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        query: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        if may(data["person"], data["context"].settings, *rights):
            return await handler(query, data)
        assert isinstance(query, CallbackQuery)
        return toast(query, NOT_ALLOWED, alert=True)

    router.callback_query.middleware(check)
    return router
