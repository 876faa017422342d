"""Money updates that met a defect of ours, tried again until they are solved."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from bot.desk import Desk
from bot.intake import Intake
from db import updates
from db.engine import Lane


def retrying(intake: Intake) -> Callable[[dict[str, Any], Desk], Awaitable[None]]:
    """The job `retry_update`. Raises what the handler raises, so that it is run again and in the end held."""

    async def retry_update(payload: dict[str, Any], desk: Desk) -> None:
        async with desk.books.transaction(Lane.MONEY) as session:
            body = await updates.failed_body(session, payload["id"])
        if body is None:
            return
        try:
            await intake.retry(orjson.loads(body))
        except Exception as error:
            async with desk.books.transaction(Lane.MONEY) as session:
                await updates.failed_again(session, payload["id"], repr(error))
            raise
        async with desk.books.transaction(Lane.MONEY) as session:
            await updates.solved(session, payload["id"], desk.now())

    return retry_update
