"""Money updates that met a defect of ours, tried again until they are solved."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import orjson
import structlog

from bot.context import AppContext
from bot.jobs.retry import RetryJobError
from bot.notifications.events import UpdateFailed
from bot.updates.process import UpdateProcessor
from db import alerts, updates
from db.engine import Pool

log = structlog.get_logger(__name__)


MAX_PAUSE = timedelta(hours=1)  # between two tries


def retrying(processor: UpdateProcessor) -> Callable[[dict[str, Any], AppContext], Awaitable[None]]:
    """The job `retry_update`. It goes on, ever more seldom, until the update is solved: what was paid is not
    given up."""

    async def retry_update(payload: dict[str, Any], context: AppContext) -> None:
        async with context.database.transaction(Pool.MONEY) as session:
            kept = await updates.get_failed(session, payload["id"])
        if kept is None:
            return
        try:
            await processor.retry(orjson.loads(kept.body))
        except Exception as error:
            log.exception("update_failed_again", id=kept.id, tries=kept.tries)
            async with context.database.transaction(Pool.MONEY) as session:
                await updates.record_failure(session, kept.id, repr(error))
            raise RetryJobError(repr(error), pause(context, kept.tries)) from error
        async with context.database.transaction(Pool.MONEY) as session:
            await updates.mark_solved(session, kept.id, context.now())
            await alerts.close_alert(session, UpdateFailed.name, str(kept.id), context.now())

    return retry_update


def pause(context: AppContext, tries: int) -> timedelta:
    doublings: int = 2 ** min(tries, 20)
    return min(context.timings.job_retry * doublings, MAX_PAUSE)
