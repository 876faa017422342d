"""Alarms: told to the admins once, and on /admin until they are solved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Alert, ParkedPayment


@dataclass(frozen=True, slots=True)
class OpenAlert:
    id: int
    kind: str
    subject: str
    facts: dict[str, Any]
    created_at: datetime


async def raise_alert(session: AsyncSession, kind: str, subject: str, **facts: Any) -> bool:
    """Whether it is new: the same one is not told twice while it is open."""
    made = await session.execute(
        insert(Alert)
        .values(kind=kind, subject=subject, facts=facts)
        .on_conflict_do_nothing(index_elements=["kind", "subject"], index_where=text("solved_at is null"))
        .returning(Alert.id)
    )
    return made.scalar_one_or_none() is not None


async def solve(session: AsyncSession, kind: str, subject: str, now: datetime) -> None:
    await session.execute(
        update(Alert)
        .where(Alert.kind == kind, Alert.subject == subject, Alert.solved_at.is_(None))
        .values(solved_at=now)
    )


async def solve_others(session: AsyncSession, kind: str, still: Sequence[str], now: datetime) -> None:
    """Solves the open ones of that kind that are no longer found."""
    await session.execute(
        update(Alert)
        .where(Alert.kind == kind, Alert.solved_at.is_(None), Alert.subject.not_in(still))
        .values(solved_at=now)
    )


async def open_alerts(session: AsyncSession, limit: int = 20) -> list[OpenAlert]:
    rows = await session.scalars(
        select(Alert).where(Alert.solved_at.is_(None)).order_by(Alert.id.desc()).limit(limit)
    )
    return [OpenAlert(row.id, row.kind, row.subject, row.facts, row.created_at) for row in rows]


async def dismiss(session: AsyncSession, alert_id: int, now: datetime) -> bool:
    """An admin has seen to it. Whether it was still open."""
    done = await session.execute(
        update(Alert)
        .where(Alert.id == alert_id, Alert.solved_at.is_(None))
        .values(solved_at=now)
        .returning(Alert.id)
    )
    return done.scalar_one_or_none() is not None


async def solve_parked(session: AsyncSession, parked_id: int, now: datetime) -> None:
    """The alarm about a parked payment, once it is assigned."""
    payment = select(ParkedPayment.payment_id).where(ParkedPayment.id == parked_id).scalar_subquery()
    await session.execute(
        update(Alert)
        .where(Alert.kind == "payment_parked", Alert.subject == payment, Alert.solved_at.is_(None))
        .values(solved_at=now)
    )
