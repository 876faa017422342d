"""Callbacks as they came. Each is recorded and fetched for, repeated ones too; only settling is idempotent."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import Database, Pool
from db.jobs import VerifyCallbackJob
from db.queue import enqueue
from db.tables import Callback


async def record_callback(database: Database, event: str, object_id: str, payment_id: str, body: str) -> None:
    """Stores it with the job that verifies it. `payment_id`: the payment it is about, whatever the object is."""
    row = insert(Callback).values(event=event, object_id=object_id, payment_id=payment_id, body=body)
    async with database.transaction(Pool.MONEY) as session:
        callback_id = (await session.scalars(row.returning(Callback.id))).one()
        await enqueue(session, VerifyCallbackJob(id=callback_id), priority=10)


async def get_unhandled(session: AsyncSession, callback_id: int) -> Callback | None:
    return await session.scalar(
        select(Callback).where(Callback.id == callback_id, Callback.handled_at.is_(None))
    )


async def mark_handled(session: AsyncSession, callback_id: int, outcome: str, now: datetime) -> None:
    await session.execute(
        update(Callback).where(Callback.id == callback_id).values(handled_at=now, outcome=outcome)
    )


async def list_unhandled(session: AsyncSession, before: datetime, limit: int = 100) -> list[int]:
    """Unhandled ones received before that moment: their job was lost."""
    rows = await session.scalars(
        select(Callback.id)
        .where(Callback.handled_at.is_(None), Callback.received_at < before)
        .order_by(Callback.id)
        .limit(limit)
    )
    return list(rows)
