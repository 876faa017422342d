"""What admins did: one row each, written in the transaction that does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Act

MAX_REASON = 300  # characters


class ActKind(StrEnum):
    GRANT = "grant"
    REVOKE = "revoke"
    UNDO = "undo"
    GRANT_MANY = "grant_many"
    UNDO_MANY = "undo_many"
    SIGN_OUT = "sign_out"
    REFUND = "refund"
    JOIN = "join"
    SEPARATE = "separate"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and why. `admin_id`: their account."""

    telegram_id: int
    admin_id: int
    reason: str | None = None


async def record_act(
    session: AsyncSession,
    telegram_id: int,
    kind: ActKind,
    now: datetime,
    *,
    user_id: int | None = None,
    reason: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> int:
    """Its id. `facts` are JSON: what is needed to say what was so before and after; names as they were then."""
    act = Act(
        telegram_id=telegram_id,
        kind=kind.value,
        user_id=user_id,
        facts=dict(facts or {}),
        reason=reason or None,
        created_at=now,
    )
    session.add(act)
    await session.flush()
    return act.id
