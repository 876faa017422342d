"""Polling, and telling Telegram how updates come: by polling or by webhook. Neither confirms what was not handled."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramConflictError,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod

from bot.context import AppContext
from bot.retry import asked_pause, happens_within
from bot.updates.process import DatabaseUnavailableError, UpdateProcessor
from bot.updates.reading import KINDS, Raw, get_update_id, money_in

log = structlog.get_logger(__name__)

LIMIT = 100  # updates that Telegram shows at once, the oldest
POLL_GRACE = 0.1  # seconds in which fetched updates are handled undisturbed before more is asked for
FIRST_PAUSE = 0.2  # seconds before Telegram is asked again that has failed once; doubled each time
RETRY_PAUSE = 5.0  # seconds before Telegram or the database is asked again


class GetRawUpdates(TelegramMethod[list[Any]]):
    """getUpdates without parsing: one update we can't read must not hide the others of its batch."""

    __returning__ = list[Any]
    __api_method__ = "getUpdates"

    offset: int | None = None
    limit: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


class Polling:
    """Updates are asked for while earlier ones are still being handled: who pays must not wait for who talks.

    Telegram is told (by the offset) of everything up to the first update that is not handled yet; it sends the later
    ones again and again meanwhile, and `_taken` knows them.
    """

    def __init__(self, context: AppContext, processor: UpdateProcessor) -> None:
        self._context = context
        self._processor = processor
        self._stopping = asyncio.Event()
        self._offset: int | None = None
        self._taken: dict[int, asyncio.Task[bool]] = {}  # from the offset on; whether it is handled
        self._idle = 0  # times running that Telegram has shown nothing new
        self._failed = 0  # times running that it has failed
        self._put_off_said = 0.0

    def stop(self) -> None:
        """What was fetched is handled and confirmed; nothing more is fetched."""
        self._stopping.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while not self._stopping.is_set():
                batch = await self._fetch()
                self._processor.replies.hurry(wanted=len(batch) >= LIMIT)
                news = self._begin(batch, tasks)
                self._idle = 0 if news else self._idle + 1
                await (self._let_work() if news else self._wait_for_first())
                self._advance()
        self._advance()
        await self._confirm()

    def _begin(self, batch: Sequence[Any], tasks: asyncio.TaskGroup) -> bool:
        """Whether there was anything new. Money is begun with, wherever it stands."""
        found: list[Raw] = []
        for raw in batch:
            update_id = get_update_id(raw)
            if update_id is None:
                log.error("not_an_update", type=type(raw).__name__)
            elif update_id not in self._taken:
                found.append(raw)
        for raw in sorted(found, key=lambda raw: money_in(raw) is None):
            if raw["update_id"] not in self._taken:  # twice in one batch
                self._taken[raw["update_id"]] = tasks.create_task(self._take(raw))
        return bool(found)

    async def _take(self, raw: Raw) -> bool:
        try:
            await self._processor.process(raw, self._put_off)
        except DatabaseUnavailableError:
            return False
        except Exception:
            log.exception("update_lost", update_id=raw["update_id"])
        return True

    async def _put_off(self) -> None:
        """A pause before an update is tried again. Raises DatabaseUnavailableError when we are to stop:
        the update comes again then."""
        now = asyncio.get_running_loop().time()
        if now - self._put_off_said > RETRY_PAUSE:
            self._put_off_said = now
            log.warning("updates_put_off", count=len(self._taken))
        if await happens_within(self._stopping, RETRY_PAUSE / 5):
            raise DatabaseUnavailableError

    async def _let_work(self) -> None:
        """Until all that was taken is done, but not for long: the next one may be a payment."""
        if at_work := [task for task in self._taken.values() if not task.done()]:
            await asyncio.wait(at_work, timeout=POLL_GRACE)

    async def _wait_for_first(self) -> None:
        """Telegram has shown nothing new, because the first update that is not handled yet holds the offset. Somebody
        may pay meanwhile: it is asked again soon, and more seldom where that goes on."""
        first = next((task for _, task in sorted(self._taken.items()) if not task.done()), None)
        if first is not None:
            await asyncio.wait({first}, timeout=min(POLL_GRACE * 2 ** min(self._idle, 10), RETRY_PAUSE / 5))

    def _advance(self) -> None:
        for update_id in sorted(self._taken):
            task = self._taken[update_id]
            if not task.done() or not task.result():
                return
            del self._taken[update_id]
            self._offset = update_id + 1

    async def _fetch(self) -> list[Any]:
        """The long wait is given up when we are to stop: what comes meanwhile comes again."""
        call = asyncio.ensure_future(self._get())
        stop = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({call, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not call.done():
            call.cancel()
        pause = RETRY_PAUSE
        try:
            batch = await call
        except asyncio.CancelledError:
            return []
        except TelegramConflictError:
            log.error("polling_conflict", about="another process asks for updates of this bot")
        except TelegramRetryAfter as error:
            log.warning("polling_failed", error=error)
            pause = asked_pause(error.retry_after).total_seconds()
        except TelegramAPIError as error:
            log.warning("polling_failed", error=error)
            pause = min(FIRST_PAUSE * 2 ** min(self._failed, 10), RETRY_PAUSE)
        except (ClientDecodeError, RecursionError) as error:
            log.error("polling_unreadable", error=error)
        else:
            self._failed = 0
            return batch
        self._failed += 1
        await happens_within(self._stopping, pause)
        return []

    async def _get(self) -> list[Any]:
        timeout = self._context.timings.poll
        method = GetRawUpdates(offset=self._offset, limit=LIMIT, timeout=timeout, allowed_updates=list(KINDS))
        return await self._context.bot(method, request_timeout=timeout + 15)

    async def _confirm(self) -> None:
        """Tells Telegram what was handled, so that the next start does not see it again."""
        if self._offset is None:
            return
        try:
            await self._context.bot(GetRawUpdates(offset=self._offset, limit=1, timeout=0), request_timeout=5)
        except TelegramAPIError as error:
            log.warning("not_confirmed", error=error)


async def introduce(context: AppContext, stopping: asyncio.Event) -> bool:
    """Who the bot is, asked until Telegram answers; False where we are to stop before.

    Raises TelegramUnauthorizedError: the token is wrong, and asking again won't help.
    """
    while not stopping.is_set():
        try:
            context.username = (await context.bot.me()).username or ""
            return True
        except TelegramUnauthorizedError:
            raise
        except TelegramAPIError as error:
            log.warning("telegram_unreachable", error=error)
        await happens_within(stopping, RETRY_PAUSE)
    return False


async def connect(context: AppContext) -> None:
    """Webhook with PUBLIC_URL, polling without; waiting updates are never dropped. Raises TelegramAPIError."""
    settings = context.settings
    if settings.public_url is None or settings.webhook_secret is None:
        await context.bot.delete_webhook(drop_pending_updates=False)
        return
    await context.bot.set_webhook(
        url=f"{settings.public_url}/telegram/webhook",
        secret_token=settings.webhook_secret.get_secret_value(),
        allowed_updates=list(KINDS),
        max_connections=100,
        drop_pending_updates=False,
    )
