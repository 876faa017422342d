"""Callbacks on their way into the database: what comes while others are written is written with the next ones, by one
statement, so that a flood costs few of the connections that it shares with payment updates."""

import asyncio
from collections import deque

from db.engine import Database, is_unavailable
from db.payments.callbacks import Received, record_callbacks
from handlers.http_limits import BusyError

AT_ONCE = 2  # statements
TOGETHER = 50  # callbacks in one of them
WAITING = 100
Waiting = tuple[Received, "asyncio.Future[bool]"]


class Recorder:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[Waiting] = deque()
        self._writers: set[asyncio.Task[None]] = set()

    async def record(self, callback: Received) -> bool:
        """Returns when it is committed; False where too many of unknown payments wait already. Raises BusyError, and
        what the database raises."""
        if len(self._waiting) >= WAITING:
            raise BusyError
        recorded: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((callback, recorded))
        if len(self._writers) < AT_ONCE:
            writer = asyncio.create_task(self._write())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        return await recorded

    async def _write(self) -> None:
        while self._waiting:
            await self._write_some(
                [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
            )

    async def _write_some(self, some: list[Waiting]) -> None:
        try:
            taken = await record_callbacks(self._database, [callback for callback, _ in some])
        except Exception as error:
            if len(some) > 1 and not is_unavailable(error):
                for one in some:  # so that none fails for what is wrong with another
                    await self._write_some([one])
                return
            for _, recorded in some:
                if not recorded.done():
                    recorded.set_exception(error)
            return
        for (_, recorded), answer in zip(some, taken, strict=True):
            if not recorded.done():  # who sent it may have gone
                recorded.set_result(answer)
