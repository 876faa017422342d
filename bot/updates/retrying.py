"""Money updates that met a defect of ours, tried again until they are solved."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import orjson
import structlog

from bot.context import Desk
from bot.jobs.retry import RunAgain
from bot.updates.process import Intake
from db import alerts, updates
from db.engine import Lane

log = structlog.get_logger(__name__)


MOST = timedelta(hours=1)  # between two tries


def retrying(intake: Intake) -> Callable[[dict[str, Any], Desk], Awaitable[None]]:
    """The job `retry_update`. It goes on, ever more seldom, until the update is solved: what was paid is not
    given up."""

    async def retry_update(payload: dict[str, Any], desk: Desk) -> None:
        async with desk.books.transaction(Lane.MONEY) as session:
            kept = await updates.failed(session, payload["id"])
        if kept is None:
            return
        try:
            await intake.retry(orjson.loads(kept.body))
        except Exception as error:
            log.exception("update_failed_again", id=kept.id, tries=kept.tries)
            async with desk.books.transaction(Lane.MONEY) as session:
                await updates.failed_again(session, kept.id, repr(error))
            raise RunAgain(repr(error), pause(desk, kept.tries)) from error
        async with desk.books.transaction(Lane.MONEY) as session:
            await updates.solved(session, kept.id, desk.now())
            await alerts.solve(session, "update_failed", str(kept.id), desk.now())

    return retry_update


def pause(desk: Desk, tries: int) -> timedelta:
    doublings: int = 2 ** min(tries, 20)
    return min(desk.pace.job_retry * doublings, MOST)
