"""Where the conversation in a chat stands, for a job that goes on with it."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def get_question(session: AsyncSession, telegram_id: int) -> tuple[str | None, dict[str, Any]]:
    """What is being asked in this chat, and what has been said so far."""
    statement = text("select state, data from bot.chats where telegram_id = :id")
    row = (await session.execute(statement, {"id": telegram_id})).one_or_none()
    return (row[0], row[1]) if row else (None, {})
