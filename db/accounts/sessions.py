"""Where an account is signed in: its live sessions, this application's and the other one's."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import SessionUnknown
from db.tables import Chat, Device, Session

OURS = "telegram"  # the platform of a chat


@dataclass(frozen=True, slots=True)
class LiveSession:
    """`platform` is the other application's word for its devices; ours is `telegram`, with the chat's `username`.
    `used_at`: last, to within five minutes; None where only the other application would know."""

    id: int
    device_id: int
    platform: str
    created_at: datetime
    expires_at: datetime
    username: str | None
    used_at: datetime | None


async def count_sessions(session: AsyncSession, user_id: int, now: datetime) -> int:
    """Live ones: neither revoked nor expired."""
    return await session.scalar(select(func.count()).where(*_live(user_id, now))) or 0


async def count_others(session: AsyncSession, user_id: int, device_id: int, now: datetime) -> int:
    """Live ones on other devices than this one."""
    query = select(func.count()).where(*_live(user_id, now), Session.device_id != device_id)
    return await session.scalar(query) or 0


async def list_sessions(
    session: AsyncSession, user_id: int, now: datetime, keep: timedelta, *, skip: int = 0, limit: int = 100
) -> list[LiveSession]:
    """The newest first. `keep`: how long a session of a chat lasts without use, which tells when it was used last."""
    telegram_id = cast(func.substring(Device.device_key, "^telegram:([0-9]{1,18})$"), BigInteger)
    used_at = case(
        (
            Device.platform == OURS,
            func.least(now, func.greatest(Session.created_at, Session.expires_at - keep)),
        )
    )
    rows = await session.execute(
        select(
            Session.id,
            Device.id,
            Device.platform,
            Session.created_at,
            Session.expires_at,
            Chat.username,
            used_at,
        )
        .join(Device, Device.id == Session.device_id)
        .outerjoin(Chat, Chat.telegram_id == telegram_id)
        .where(*_live(user_id, now))
        .order_by(Session.created_at.desc(), Session.id.desc())
        .offset(skip)
        .limit(limit)
    )
    return [LiveSession(*row) for row in rows]


async def is_signed_in(session: AsyncSession, user_id: int, telegram_id: int, now: datetime) -> bool:
    """Whether that chat is, to this account."""
    query = (
        select(func.count(Session.id))
        .join(Device, Device.id == Session.device_id)
        .where(*_live(user_id, now), Device.device_key == f"{OURS}:{telegram_id}")
    )
    return bool(await session.scalar(query))


async def end_session(session: AsyncSession, user_id: int, session_id: int, now: datetime) -> int:
    """Ends one session of one's own; the id of its device. Raises SessionUnknown."""
    device_id: int | None = await session.scalar(
        update(Session)
        .where(Session.id == session_id, *_live(user_id, now))
        .values(revoked_at=now)
        .returning(Session.device_id)
    )
    if device_id is None:
        raise SessionUnknown(session_id)
    return device_id


async def end_others(session: AsyncSession, user_id: int, device_id: int, now: datetime) -> int:
    """Ends all that `count_others` counts; how many those were."""
    ended = await session.execute(
        update(Session)
        .where(*_live(user_id, now), Session.device_id != device_id)
        .values(revoked_at=now)
        .returning(Session.id)
    )
    return len(ended.all())


async def end_all(session: AsyncSession, user_id: int, now: datetime) -> int:
    """Everywhere; how many those were."""
    ended = await session.execute(
        update(Session).where(*_live(user_id, now)).values(revoked_at=now).returning(Session.id)
    )
    return len(ended.all())


def _live(user_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Session.user_id == user_id, Session.revoked_at.is_(None), Session.expires_at > now)
