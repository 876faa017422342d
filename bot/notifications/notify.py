"""News of money and access: enqueued in the transaction that makes them true, said by a job after it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.queue import enqueue, enqueue_all


async def notify(session: AsyncSession, user_id: int, news: str, /, **facts: Any) -> None:
    """To every chat of an account. `news` names a function of `bot.notifications.news`; `facts` are its arguments,
    as JSON knows them (moments in ISO 8601)."""
    await enqueue(session, "tell", {"user_id": user_id, "news": news, "facts": facts})


async def notify_chats(session: AsyncSession, chats: Iterable[int], news: str, /, **facts: Any) -> None:
    """To these Telegram people, the admins for one."""
    each = [{"telegram_id": telegram_id, "news": news, "facts": facts} for telegram_id in chats]
    await enqueue_all(session, "tell", each)
