"""Roles that owners give to the people of chats. Owners have none: they are in the settings."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import GivenRole


class Role(StrEnum):
    MANAGER = "manager"
    TEACHER = "teacher"


@dataclass(frozen=True, slots=True)
class RoleHolder:
    """`user_id` is None where the chat has no account any more. `role`: as it is stored."""

    telegram_id: int
    role: str
    since: datetime
    name: str
    user_id: int | None


LIST_HOLDERS = text(
    """
    select r.telegram_id, r.role, r.created_at, coalesce(c.name, r.telegram_id::text), a.user_id
    from bot.roles r
    left join bot.chats c on c.telegram_id = r.telegram_id
    left join lateral (
        select user_id from authidentities
        where lower(loginprovider) = 'telegram' and providerkey = r.telegram_id::text order by id limit 1
    ) a on true
    order by r.role, r.created_at, r.telegram_id
    """
)


async def list_holders(session: AsyncSession) -> list[RoleHolder]:
    return [RoleHolder(*row) for row in await session.execute(LIST_HOLDERS)]


async def list_roles(session: AsyncSession) -> dict[int, str]:
    """By Telegram id, as they are stored."""
    found = select(GivenRole.telegram_id, GivenRole.role).order_by(GivenRole.telegram_id)
    return {row.telegram_id: row.role for row in await session.execute(found)}


async def get_role(session: AsyncSession, telegram_id: int) -> str | None:
    """As it is stored: a newer release may know more of them."""
    found: str | None = await session.scalar(
        select(GivenRole.role).where(GivenRole.telegram_id == telegram_id)
    )
    return found


async def record_role(
    session: AsyncSession, telegram_id: int, before: str | None, role: Role | None, now: datetime
) -> bool:
    """Gives `role`, or takes what there is. Whether it was done: False where it is not `before` any more."""
    its = GivenRole.telegram_id == telegram_id
    if before is None:
        if role is None:
            return False
        row = insert(GivenRole).values(telegram_id=telegram_id, role=role.value, created_at=now)
        done = await session.scalar(row.on_conflict_do_nothing().returning(GivenRole.telegram_id))
    elif role is None:
        taken = delete(GivenRole).where(its, GivenRole.role == before)
        done = await session.scalar(taken.returning(GivenRole.telegram_id))
    else:
        changed = update(GivenRole).where(its, GivenRole.role == before)
        done = await session.scalar(
            changed.values(role=role.value, created_at=now).returning(GivenRole.telegram_id)
        )
    return done is not None
