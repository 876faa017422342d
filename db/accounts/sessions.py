"""Where an account is signed in: its live sessions, this application's and the other one's."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import SessionUnknown
from db.tables import Device, Session


@dataclass(frozen=True, slots=True)
class LiveSession:
    """`platform` is the other application's word for its devices; ours is `telegram`."""

    id: int
    device_id: int
    platform: str
    created_at: datetime
    expires_at: datetime


async def count_sessions(session: AsyncSession, user_id: int, now: datetime) -> int:
    """Live ones: neither revoked nor expired."""
    return await session.scalar(select(func.count()).where(*_live(user_id, now))) or 0


async def list_sessions(
    session: AsyncSession, user_id: int, now: datetime, *, skip: int = 0, limit: int = 100
) -> list[LiveSession]:
    """The newest first."""
    rows = await session.execute(
        select(Session.id, Device.id, Device.platform, Session.created_at, Session.expires_at)
        .join(Device, Device.id == Session.device_id)
        .where(*_live(user_id, now))
        .order_by(Session.created_at.desc(), Session.id.desc())
        .offset(skip)
        .limit(limit)
    )
    return [LiveSession(*row) for row in rows]


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


def _live(user_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Session.user_id == user_id, Session.revoked_at.is_(None), Session.expires_at > now)
