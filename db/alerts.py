"""Alerts: sent to the admins once, and on /admin until they are solved. One that an admin has dismissed is not raised
again until its facts change, or it was solved in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Alert, ParkedPayment


@dataclass(frozen=True, slots=True)
class OpenAlert:
    id: int
    kind: str
    subject: str
    facts: dict[str, Any]
    created_at: datetime


CREATE = text(
    """
    insert into bot.alerts (kind, subject, facts, created_at)
    select :kind, :subject, cast(:facts as jsonb), :now
    where not exists (
        select 1 from bot.alerts
        where kind = :kind and subject = :subject and dismissed and facts = cast(:facts as jsonb)
    )
    on conflict (kind, subject) where solved_at is null do nothing
    returning id
    """
)
OPEN_OR_DISMISSED = or_(Alert.solved_at.is_(None), Alert.dismissed)


async def create_alert(
    session: AsyncSession, kind: str, subject: str, facts: dict[str, Any], now: datetime
) -> bool:
    """Whether it is new: the same one is told again neither while it is open nor when it was dismissed."""
    values = {"kind": kind, "subject": subject, "facts": orjson.dumps(facts).decode(), "now": now}
    return (await session.execute(CREATE, values)).scalar_one_or_none() is not None


async def close_alert(session: AsyncSession, kind: str, subject: str, now: datetime) -> None:
    await session.execute(
        update(Alert)
        .where(OPEN_OR_DISMISSED, Alert.kind == kind, Alert.subject == subject)
        .values(solved_at=func.coalesce(Alert.solved_at, now), dismissed=False)
    )


CLOSE_PAYMENT_ALERTS = text(
    """
    update bot.alerts set solved_at = coalesce(solved_at, :now), dismissed = false
    where (solved_at is null or dismissed) and (
        (kind in ('payment_held', 'payment_not_credited', 'payment_unknown') and subject = :purchase_id)
        or (kind in ('payment_mismatch', 'payment_parked') and subject = :payment_id)
    )
    """
)


async def close_payment_alerts(
    session: AsyncSession, purchase_id: int, payment_id: str, now: datetime
) -> None:
    """Closes whatever was raised about a payment that has come to its end."""
    values = {"purchase_id": str(purchase_id), "payment_id": payment_id, "now": now}
    await session.execute(CLOSE_PAYMENT_ALERTS, values)


async def close_other_alerts(session: AsyncSession, kind: str, still: Sequence[str], now: datetime) -> None:
    """Closes those of that kind whose subject is not among `still`."""
    await session.execute(
        update(Alert)
        .where(OPEN_OR_DISMISSED, Alert.kind == kind, Alert.subject.not_in(still))
        .values(solved_at=func.coalesce(Alert.solved_at, now), dismissed=False)
    )


async def list_open_alerts(session: AsyncSession, limit: int = 20) -> list[OpenAlert]:
    rows = await session.scalars(
        select(Alert).where(Alert.solved_at.is_(None)).order_by(Alert.id.desc()).limit(limit)
    )
    return [OpenAlert(row.id, row.kind, row.subject, row.facts, row.created_at) for row in rows]


async def count_open(session: AsyncSession, kind: str) -> int:
    query = select(func.count()).select_from(Alert).where(Alert.kind == kind, Alert.solved_at.is_(None))
    return await session.scalar(query) or 0


async def mark_dismissed(session: AsyncSession, alert_id: int, now: datetime) -> bool:
    """An admin has taken care of it. Whether it was still open."""
    done = await session.execute(
        update(Alert)
        .where(Alert.id == alert_id, Alert.solved_at.is_(None))
        .values(solved_at=now, dismissed=True)
        .returning(Alert.id)
    )
    return done.scalar_one_or_none() is not None


async def close_parked_alert(session: AsyncSession, parked_id: int, now: datetime) -> None:
    """Closes the alert about a parked payment, once it is assigned."""
    payment = select(ParkedPayment.payment_id).where(ParkedPayment.id == parked_id).scalar_subquery()
    await session.execute(
        update(Alert)
        .where(Alert.kind == "payment_parked", Alert.subject == payment, Alert.solved_at.is_(None))
        .values(solved_at=now)
    )
