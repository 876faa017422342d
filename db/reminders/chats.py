"""In which chat somebody is reminded: one that is signed in and has not blocked the bot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Reach:
    """`language`: the chosen one, `telegram_language`: what Telegram says."""

    telegram_id: int
    language: str | None
    telegram_language: str | None


LIST_REACH = text(
    """
    select distinct on (s.user_id) s.user_id, c.telegram_id, c.language, c.telegram_language
    from sessions s
    join devices d on d.id = s.device_id
    join bot.chats c on c.blocked_at is null and c.telegram_id =
        case when d.device_key ~ '^telegram:[0-9]{1,18}$' then substr(d.device_key, 10)::bigint end
    where s.user_id = any(:user_ids) and s.revoked_at is null and s.expires_at > :now
    order by s.user_id, s.expires_at desc, s.id desc
    """
)


async def list_reach(session: AsyncSession, user_ids: Sequence[int], now: datetime) -> dict[int, Reach]:
    """By account, the chat that was used last. Who has none is left alone."""
    rows = await session.execute(LIST_REACH, {"user_ids": list(user_ids), "now": now})
    return {row.user_id: Reach(row.telegram_id, row.language, row.telegram_language) for row in rows}
