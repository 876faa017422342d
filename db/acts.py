"""What admins did: one row each, written in the transaction that does it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Act

MAX_REASON = 300  # characters
CONSOLE, ELSEWHERE = (
    0,
    -2,
)  # instead of an admin's Telegram id: the server's command line; the other application


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
    ROLE = "role"
    PROMO_NEW = "promo_new"
    PROMO_BATCH = "promo_batch"
    PROMO_OFF = "promo_off"
    PROMO_ON = "promo_on"
    PROMO_LIMIT = "promo_limit"
    PROMO_BATCH_OFF = "promo_batch_off"
    PROMO_BATCH_ON = "promo_batch_on"
    UNLOCK = "unlock"
    CLOSE = "close"
    ANSWER = "answer"
    ELSEWHERE = "elsewhere"
    ALERT = "alert"
    ASSIGN = "assign"
    OFFER_ON = "offer_on"
    OFFER_OFF = "offer_off"
    CATALOGUE = "catalogue"


async def get_act(session: AsyncSession, act_id: int, kind: ActKind) -> Act | None:
    found = await session.get(Act, act_id)
    return found if found is not None and found.kind == kind else None


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
