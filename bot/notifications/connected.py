"""Who hears that a chat was connected to an account."""

from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.notifications.events import ChatConnected
from bot.notifications.notify import notify_chats
from db import chats
from db.accounts import people


async def tell_connected(session: AsyncSession, context: AppContext, user_id: int, telegram_id: int) -> None:
    """The account's other chats."""
    name, username = await people.get_names(session, telegram_id)
    event = ChatConnected(chat=name, username=username, support=context.settings.support_contact)
    others = [one[0] for one in await chats.list_reachable(session, user_id) if one[0] != telegram_id]
    await notify_chats(session, others, event)
