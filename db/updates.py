"""Updates that failed on an internal error or could not be read, stored raw (payments until they are solved); ids of
handled updates."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.direct import DirectSession, write
from db.engine import has_begun
from db.sql import text
from db.tables import FailedUpdate, HandledUpdate

SOLVED_KEPT = timedelta(days=30)
MAX_SOLVED = 1000  # rows kept to be looked at; what is unsolved has no such limit


async def keep_failed(
    session: AsyncSession,
    bot_id: int,
    update_id: int,
    body: str,
    error: str,
    now: datetime,
    solved_at: datetime | None = None,
) -> int | None:
    """The stored row's id; None where the same update is stored already. `solved_at`: where nothing will be tried
    again, and the row is kept only to be looked at."""
    stored = await session.execute(
        insert(FailedUpdate)
        .values(
            bot_id=bot_id,
            update_id=update_id,
            body=body.replace("\\u0000", "").encode(errors="replace").decode(),
            error=error,
            created_at=now,
            solved_at=solved_at,
        )
        .on_conflict_do_nothing()
        .returning(FailedUpdate.id)
    )
    return stored.scalar_one_or_none()


async def get_failed(session: AsyncSession, failed_id: int) -> FailedUpdate | None:
    """None where it is solved."""
    return await session.scalar(
        select(FailedUpdate).where(FailedUpdate.id == failed_id, FailedUpdate.solved_at.is_(None))
    )


LIST_UNSOLVED = text(
    "select id from bot.failed_updates failed where solved_at is null and not exists"
    " (select from bot.pgqueuer job where job.dedupe_key = 'retry_update:' || failed.id"
    "  and job.status in ('queued', 'picked')) order by id limit :limit"
)


async def list_unsolved_ids(session: AsyncSession, limit: int = 100) -> list[int]:
    """Those that no job waits for."""
    return list(await session.scalars(LIST_UNSOLVED, {"limit": limit}))


async def mark_solved(session: AsyncSession, failed_id: int, now: datetime) -> None:
    await session.execute(update(FailedUpdate).where(FailedUpdate.id == failed_id).values(solved_at=now))


async def record_failed_retry(session: AsyncSession, failed_id: int, error: str) -> None:
    await session.execute(
        update(FailedUpdate)
        .where(FailedUpdate.id == failed_id)
        .values(tries=FailedUpdate.tries + 1, error=error)
    )


async def is_handled(session: AsyncSession, bot_id: int, update_id: int) -> bool:
    """Whether this update has changed the database already."""
    return await session.get(HandledUpdate, (bot_id, update_id)) is not None


async def delete_solved(session: AsyncSession, before: datetime) -> None:
    """Old ones, and those beyond the newest MAX_SOLVED."""
    solved = FailedUpdate.solved_at.is_not(None)
    newest = (
        select(FailedUpdate.id).where(solved).order_by(FailedUpdate.id.desc()).offset(MAX_SOLVED).limit(1)
    )
    too_many = FailedUpdate.id <= newest.scalar_subquery()
    await session.execute(delete(FailedUpdate).where(solved, or_(FailedUpdate.solved_at < before, too_many)))


async def delete_handled(session: AsyncSession, before: datetime) -> None:
    """Telegram keeps updates for 24 hours; ids older than that can't come again."""
    await session.execute(delete(HandledUpdate).where(HandledUpdate.handled_at < before))


MARK_HANDLED = """
wrote# as (select cast(:kept as boolean) or pg_current_xact_id_if_assigned() is not null as it),
marked# as (
    insert into bot.updates (bot_id, update_id, handled_at)
    select :bot_id, :update_id, :now from wrote# where it
    on conflict do nothing returning 1
)
"""
MARKED = "select it, exists (select from marked#) as first from wrote#"


class HandledElsewhereError(Exception):
    """The same update was handled by another process while we were at it: our transaction is to be given up."""


async def mark_handled(session: AsyncSession, bot_id: int, update_id: int, now: datetime) -> None:
    """Where the transaction has written anything, the update's id is committed with it.

    Raises HandledElsewhereError.
    """
    if not await has_begun(session):
        return
    kept = isinstance(session, DirectSession) and session.has_kept
    values = {"bot_id": bot_id, "update_id": update_id, "now": now, "kept": kept}
    row = (await write(session, MARK_HANDLED, values, MARKED)).one()
    if row.it and not row.first:
        raise HandledElsewhereError
