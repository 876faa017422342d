"""Which messages of a chat show its lesson, where it took several."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

RECORD = text("update bot.chats set lesson_ids = cast(:ids as bigint[]) where telegram_id = :telegram_id")


async def record_lesson_ids(session: AsyncSession, telegram_id: int, ids: list[int]) -> None:
    """The one with the buttons last."""
    await session.execute(RECORD, {"telegram_id": telegram_id, "ids": ids})
