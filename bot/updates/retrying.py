"""Payment updates whose handler raised, tried again until they are solved."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import orjson
import structlog

from bot.context import AppContext
from bot.notifications.alert_events import UpdateFailed
from bot.retry import RetryJobError, backoff
from bot.updates.process import UpdateProcessor
from db import alerts, updates
from db.engine import Pool
from db.jobs import RetryUpdateJob

log = structlog.get_logger(__name__)


MAX_PAUSE = timedelta(hours=1)  # between two tries


def retrying(processor: UpdateProcessor) -> Callable[[RetryUpdateJob, AppContext], Awaitable[None]]:
    """The job `retry_update`. It goes on, ever more seldom, until the update is solved: what was paid is not
    given up."""

    async def retry_update(job: RetryUpdateJob, context: AppContext) -> None:
        async with context.database.transaction(Pool.MONEY) as session:
            kept = await updates.get_failed(session, job.id)
        if kept is None:
            return
        try:
            await processor.retry(orjson.loads(kept.body))
        except Exception as error:
            log.exception("update_failed_again", id=kept.id, tries=kept.tries)
            async with context.database.transaction(Pool.MONEY) as session:
                await updates.record_failed_retry(session, kept.id, repr(error))
            pause = backoff(context.timings.job_retry, kept.tries, MAX_PAUSE)
            raise RetryJobError(repr(error), pause) from error
        async with context.database.transaction(Pool.MONEY) as session:
            await updates.mark_solved(session, kept.id, context.now())
            await alerts.close_alert(session, UpdateFailed.name, str(kept.id), context.now())

    return retry_update
