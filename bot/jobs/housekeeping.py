"""What is done again because it may have been lost, and what is forgotten because it is old."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.jobs.retry import MAX_RETRY_AGE
from db import updates
from db.engine import Pool
from db.payments import callbacks, purchases
from db.queue import enqueue
from db.refunds import requests

LOST = timedelta(seconds=90)  # later than its job should have been
KEPT = timedelta(days=3)
# Jobs whose only trace is the job itself: `sweep` finds nothing in the database to enqueue them anew for.
ONLY_JOBS = ["tell", "send", "check_payment", "settle_assigned"]


async def sweep(payload: dict[str, Any], context: AppContext) -> None:
    """Enqueues anew what should have happened: jobs are at-least-once, but a held or deleted one is gone."""
    before = context.now() - LOST
    async with context.database.transaction(Pool.JOBS) as session:
        for attempt_id in await purchases.list_unsent(session, before):
            await enqueue(session, "create_payment", {"attempt": attempt_id}, key=f"create:{attempt_id}")
        for attempt_id in await purchases.list_overdue(session, before):
            await enqueue(session, "ask_payment", {"attempt": attempt_id}, key=f"ask:{attempt_id}")
        for callback_id in await callbacks.list_unhandled(session, before):
            await enqueue(session, "verify_callback", {"id": callback_id}, key=f"verify:{callback_id}")
        for failed_id in await updates.list_unsolved_ids(session):
            await enqueue(session, "retry_update", {"id": failed_id}, key=f"retry_update:{failed_id}")
        await _release(session)


async def _release(session: AsyncSession) -> None:
    """A job that failed because the database went away can't be put back either; pgqueuer then holds it before its
    time, once the database is there again."""
    await session.execute(
        text(
            "update bot.pgqueuer set status = 'queued', attempts = attempts + 1, queue_manager_id = null,"
            " execute_after = now(), updated = now()"
            " where status = 'failed' and created > now() - cast(:tried_for as interval)"
            " and entrypoint = any(:names) and dedupe_key is null"
        ),
        {"tried_for": MAX_RETRY_AGE, "names": ONLY_JOBS},
    )


async def tidy(payload: dict[str, Any], context: AppContext) -> None:
    """Ids of handled updates, refunds nobody confirmed and the queue's own log are of no use after some days."""
    before = context.now() - KEPT
    async with context.database.transaction(Pool.JOBS) as session:
        await updates.delete_handled(session, before)
        await requests.delete_old_drafts(session, before)
        await session.execute(
            text("delete from bot.pgqueuer_log where created < :before"), {"before": before}
        )
        await session.execute(
            text("delete from bot.pgqueuer_statistics where created < :before"), {"before": before}
        )
