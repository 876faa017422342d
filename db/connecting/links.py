"""Links that the school's site has signed, as chats open them: by the hash of their token, used once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import LinkInvalid
from db.locks import lock
from db.tables import SiteLink


@dataclass(frozen=True, slots=True)
class SignedLink:
    """What its signature vouches for: whoever opens it is the person of the account `user_id`."""

    user_id: int
    ends_at: datetime
    token_hash: str


async def record_opened(session: AsyncSession, link: SignedLink, telegram_id: int) -> int:
    """The id under which this chat may use it. Raises LinkInvalid where it was used, or its account is gone."""
    if await _is_used(session, link.token_hash):
        raise LinkInvalid("used")
    # Held against being deleted until the row that names it is there.
    there = text("select id from users where id = :id for key share")
    if await session.scalar(there, {"id": link.user_id}) is None:
        raise LinkInvalid("wrong")
    values = {"user_id": link.user_id, "ends_at": link.ends_at}
    opened = insert(SiteLink).values(token_hash=link.token_hash, telegram_id=telegram_id, **values)
    found = await session.scalar(
        opened.on_conflict_do_update(index_elements=["token_hash", "telegram_id"], set_=values).returning(
            SiteLink.id
        )
    )
    assert found is not None
    return int(found)


async def use(session: AsyncSession, link_id: int, telegram_id: int, now: datetime) -> int:
    """The account's id. Raises LinkInvalid: used, expired, or wrong (another chat's, or its account is gone)."""
    row = (
        await session.execute(
            select(SiteLink.token_hash, SiteLink.user_id, SiteLink.ends_at).where(
                SiteLink.id == link_id, SiteLink.telegram_id == telegram_id
            )
        )
    ).one_or_none()
    if row is None:
        raise LinkInvalid("wrong")
    await lock(session, f"site-link:{row.token_hash}")
    if await _is_used(session, row.token_hash):
        raise LinkInvalid("used")
    if row.ends_at <= now:
        raise LinkInvalid("expired")
    await session.execute(update(SiteLink).where(SiteLink.id == link_id).values(used_at=now))
    return int(row.user_id)


async def _is_used(session: AsyncSession, token_hash: str) -> bool:
    used = select(func.count()).where(SiteLink.token_hash == token_hash, SiteLink.used_at.is_not(None))
    return bool(await session.scalar(used))


async def delete_old(session: AsyncSession, before: datetime) -> None:
    """Of links whose end is past: their signature is worth nothing any more."""
    await session.execute(delete(SiteLink).where(SiteLink.ends_at < before))
