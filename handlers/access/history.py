"""/history: what admins gave and took."""

from aiogram import F
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.arguments import Arguments
from bot.chat.buttons import Go
from bot.chat.commands import HISTORY
from bot.chat.replies import Reply, say
from bot.texts.access import grants
from db.access import grants as database
from db.accounts import people
from handlers.filters import is_, role_router

router = role_router("history")


@router.message(is_(HISTORY))
@router.callback_query(Go.filter(F.command == HISTORY.name))
async def history(
    event: Message | CallbackQuery, session: AsyncSession, command: CommandObject | None = None
) -> Reply:
    if command is None or not command.args:
        return say(event, grants.history(await database.list_history(session), None))
    asked = Arguments(HISTORY, command.args)
    who = asked.who()
    asked.end()
    target = await people.find_account(session, who)
    return say(event, grants.history(await database.list_history(session, target.id), target))
