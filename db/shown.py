"""What Telegram has been told to show of the bot: per place a number that says which text it was, so that a start tells
it only what is new. They are kept among the cursors."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.sql import text
from db.tables import Cursor

PREFIX = "shown:"


async def get_shown(session: AsyncSession) -> dict[str, int]:
    rows = await session.execute(select(Cursor.name, Cursor.value).where(Cursor.name.startswith(PREFIX)))
    return {row.name.removeprefix(PREFIX): row.value for row in rows}


async def record_shown(session: AsyncSession, shown: Mapping[str, int]) -> None:
    row = insert(Cursor).values([{"name": PREFIX + name, "value": value} for name, value in shown.items()])
    await session.execute(
        row.on_conflict_do_update(index_elements=["name"], set_={"value": row.excluded.value})
    )


async def list_chosen_languages(session: AsyncSession, telegram_ids: Collection[int]) -> dict[int, str]:
    """Of those chats whose people have chosen one."""
    rows = await session.execute(
        text(
            "select telegram_id, language from bot.chats"
            " where telegram_id = any(:ids) and language is not null"
        ),
        {"ids": list(telegram_ids)},
    )
    return {row.telegram_id: row.language for row in rows}
