"""News by mail: to whose own address, as long as they don't say no; where no chat of theirs can be reached."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import lock_account
from db.placeholders import proven_email
from db.sql import text
from db.tables import MailSubscription

TOKEN_BYTES = 24  # of chance; 32 characters, and Telegram takes 64 in a link


async def get_news_address(session: AsyncSession, user_id: int) -> str | None:
    """The account's proven address; None where it has none, or wants no news by mail."""
    return (await list_news_addresses(session, [user_id])).get(user_id)


async def list_news_addresses(session: AsyncSession, user_ids: Sequence[int]) -> dict[int, str]:
    """As `get_news_address`, by account."""
    rows = await session.execute(LIST_ADDRESSES, {"users": list(user_ids)})
    return {row.id: row.address for row in rows if row.address is not None}


async def get_subscription(session: AsyncSession, user_id: int) -> bool | None:
    """Whether the account wants news by mail; None where it has no proven address."""
    row = (await session.execute(GET_SUBSCRIPTION, {"user": user_id})).one_or_none()
    return None if row is None or row.address is None else not row.refused


async def ensure_token(session: AsyncSession, user_id: int, now: datetime) -> str:
    """By which whoever has a letter to this account unsubscribes it: random, and good for nothing else."""
    known = await session.scalar(
        select(MailSubscription.token).where(MailSubscription.user_id == user_id).limit(1)
    )
    if known is not None:
        return known
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(MailSubscription(token=token, user_id=user_id, created_at=now))
    await session.flush()
    return token


async def record_unsubscribed(session: AsyncSession, token: str, now: datetime) -> int | None:
    """The account; None where there is no such token."""
    return await session.scalar(
        update(MailSubscription)
        .where(MailSubscription.token == token)
        .values(unsubscribed_at=now)
        .returning(MailSubscription.user_id)
    )


async def set_subscription(session: AsyncSession, user_id: int, *, wanted: bool, now: datetime) -> None:
    user_id = await lock_account(session, user_id)
    await ensure_token(session, user_id, now)
    await session.execute(
        update(MailSubscription)
        .where(MailSubscription.user_id == user_id)
        .values(unsubscribed_at=None if wanted else now)
    )


async def is_reachable(session: AsyncSession, user_id: int, telegram_id: int | None) -> tuple[bool, bool]:
    """Whether any chat of the account has not blocked the bot, and whether this one is such a chat."""
    row = (await session.execute(GET_REACH, {"user": user_id, "chat": telegram_id})).one()
    return bool(row.anywhere), bool(row.here)


# After a merge there are the tokens of both: whichever of them said no is heard.
REFUSED = (
    "exists (select from bot.mail_subscriptions s where s.user_id = u.id and s.unsubscribed_at is not null)"
)
LIST_ADDRESSES = text(
    f"select u.id, {proven_email('u')} as address from users u where u.id = any(:users) and not {REFUSED}"
)
GET_SUBSCRIPTION = text(
    f"select {proven_email('u')} as address, {REFUSED} as refused from users u where u.id = :user"
)
GET_REACH = text(
    """
    select bool_or(c.blocked_at is null) as anywhere,
           bool_or(c.blocked_at is null and c.telegram_id = cast(:chat as bigint)) as here
    from authidentities a
    join bot.chats c on c.telegram_id = case when a.providerkey ~ '^[0-9]{1,18}$' then a.providerkey::bigint end
    where a.user_id = :user and lower(a.loginprovider) = 'telegram'
    """
)
