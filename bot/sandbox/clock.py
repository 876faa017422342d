"""The time of the outside world, and its control on the page. Whoever starts the sandbox may hand it a clock of their
own, and a way to move that clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

Now = Callable[[], datetime]
Advance = Callable[[timedelta], Awaitable[None]]
MOST = timedelta(days=366)  # in one move


def machine_now() -> datetime:
    return datetime.now(UTC)


class WorldClock:
    """`advance` is None where the clock can't be moved: it is the machine's."""

    def __init__(self, now: Now = machine_now) -> None:
        self.now = now
        self.advance: Advance | None = None
        self._move: asyncio.Task[None] | None = None
        self._error: str | None = None

    def time(self) -> float:
        """Unix seconds."""
        return self.now().timestamp()

    def routes(self) -> list[web.RouteDef]:
        """`GET /sandbox/clock`: `now` in Unix seconds, whether it is `movable`, whether it is `moving`, and the
        `failure` in which the last move ended. `POST /sandbox/clock` with `{"seconds": N}` begins a move, 409 while one
        is under way."""
        return [web.get("/sandbox/clock", self._show), web.post("/sandbox/clock", self._begin)]

    async def stop(self) -> None:
        if self._move is not None:
            self._move.cancel()
            with suppress(asyncio.CancelledError):
                await self._move

    @property
    def _moving(self) -> bool:
        return self._move is not None and not self._move.done()

    async def _show(self, _: web.Request) -> web.Response:
        return web.json_response(self._state())

    async def _begin(self, request: web.Request) -> web.Response:
        try:
            duration = _duration(await request.json())
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        if self.advance is None or self._moving:
            reason = "the clock is being moved" if self.advance else "this clock can't be moved"
            return web.json_response({"error": reason}, status=409)
        self._error = None
        self._move = asyncio.create_task(self._run(self.advance, duration))
        return web.json_response(self._state())

    async def _run(self, advance: Advance, duration: timedelta) -> None:
        try:
            await advance(duration)
        except Exception as error:
            self._error = str(error) or repr(error)

    def _state(self) -> dict[str, Any]:
        return {
            "now": self.time(),
            "movable": self.advance is not None,
            "moving": self._moving,
            "failure": self._error,
        }


def _duration(given: Any) -> timedelta:
    seconds = given.get("seconds") if isinstance(given, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds <= MOST.total_seconds():
        raise ValueError(f"seconds is a whole number, 1 to {MOST.total_seconds():.0f}")
    return timedelta(seconds=seconds)
