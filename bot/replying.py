"""Replies under way: each person's in order, people side by side."""

import asyncio
from collections.abc import Sequence

import structlog

from bot.chat.fitting import fit
from bot.chat.replies import Method
from bot.context import AppContext
from bot.sender import send_all, send_by_job

log = structlog.get_logger(__name__)

MANY_SENDINGS = 20  # under way; beyond that many, no update waits for its replies
MAX_SENDINGS = 2000  # under way; beyond that many, replies are sent by jobs


class ReplySender:
    """What is being sent after the commit: a person's replies one after another, people side by side."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._last: dict[int, asyncio.Task[None]] = {}  # of each person
        self._under_way: set[asyncio.Task[None]] = set()
        self._hurried = asyncio.Event()

    def send_in_order(self, telegram_id: int, replies: Sequence[Method]) -> asyncio.Task[None]:
        """After what that person is still being sent."""
        sending = self._begin(replies, self._last.get(telegram_id))
        self._last[telegram_id] = sending
        sending.add_done_callback(lambda done: self._forget(telegram_id, done))
        return sending

    def send_now(self, replies: Sequence[Method]) -> asyncio.Task[None]:
        """The answer to a pre-checkout query waits behind nothing."""
        return self._begin(replies, None)

    async def wait_sent(self, sending: asyncio.Task[None]) -> None:
        """Until it is sent, so that little is lost with the process; not longer than a moment, and not at all while
        much is under way: Telegram brings so many updates at once and no more, a payment behind them."""
        if len(self._under_way) > MANY_SENDINGS or self._hurried.is_set():
            return
        hurried = asyncio.ensure_future(self._hurried.wait())
        seconds = self._context.timings.replies.total_seconds()
        await asyncio.wait({sending, hurried}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()

    def hurry(self, *, wanted: bool) -> None:
        """Where it is wanted, no update waits for its replies, and those that do wait no longer."""
        (self._hurried.set if wanted else self._hurried.clear)()

    async def finish(self) -> None:
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _begin(self, replies: Sequence[Method], before: asyncio.Task[None] | None) -> asyncio.Task[None]:
        sending = asyncio.create_task(self._send(replies, before))
        self._under_way.add(sending)
        sending.add_done_callback(self._under_way.discard)
        return sending

    def _forget(self, telegram_id: int, done: asyncio.Task[None]) -> None:
        if self._last.get(telegram_id) is done:
            del self._last[telegram_id]

    async def _send(self, replies: Sequence[Method], before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        try:
            if len(self._under_way) > MAX_SENDINGS:
                await send_by_job(self._context, [part for method in replies for part in fit(method)], 0)
            else:
                await send_all(self._context, replies)
        except Exception:
            log.exception("replies_lost", count=len(replies))
