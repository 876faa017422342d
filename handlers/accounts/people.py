"""A person as admins see them: /user."""

from datetime import datetime

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.arguments import Arguments
from bot.chat.commands import USER
from bot.chat.replies import Reply, say
from bot.texts.accounts import people as words
from db.access import changes
from db.accounts import people, sessions
from db.payments import purchases
from handlers.filters import Admin, is_

PAYMENTS = 5

router = Router(name="people")
router.message.filter(Admin())


@router.message(is_(USER))
async def show_person(
    message: Message, command: CommandObject, session: AsyncSession, now: datetime
) -> Reply:
    asked = Arguments(USER, command.args)
    who = asked.who()
    asked.end()
    found = await people.find_account(session, who)
    text = words.card(
        found,
        await people.list_chats(session, found.id),
        await changes.list_access(session, found.id),
        await purchases.list_purchases(session, found.id, PAYMENTS),
        await sessions.count_sessions(session, found.id, now),
        now,
    )
    return say(message, text)
