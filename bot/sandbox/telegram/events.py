"""What happens, told live to whoever looks: Server-Sent Events of the page."""

import asyncio
import json
from typing import Any

from aiohttp import web

Json = dict[str, Any]
KEEP_ALIVE = 15.0  # seconds
BACKLOG = 1000  # events a slow reader may lag behind before it is cut off and has to fetch anew


class Hub:
    """Every event names its bot, and its person where it has one; listeners filter by both."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def publish(self, bot: int, person: int | None, kind: str, **what: Any) -> None:
        event = {"type": kind, "bot": bot, **({} if person is None else {"person": person}), **what}
        for listener in list(self._listeners):
            if listener.accepts(bot, person):
                listener.put(event)

    def open(self, bot: int | None, person: int | None) -> "Listener":
        listener = Listener(bot, person)
        self._listeners.add(listener)
        return listener

    def close(self, listener: "Listener") -> None:
        self._listeners.discard(listener)

    def close_all(self) -> None:
        for listener in self._listeners:
            listener.put(None)


class Listener:
    def __init__(self, bot: int | None, person: int | None) -> None:
        self._bot = bot
        self._person = person
        self._events: asyncio.Queue[Json | None] = asyncio.Queue()

    def accepts(self, bot: int, person: int | None) -> bool:
        return self._bot in (None, bot) and (self._person is None or person in (None, self._person))

    def put(self, event: Json | None) -> None:
        self._events.put_nowait(None if self._events.qsize() > BACKLOG else event)

    async def next(self) -> Json | None:
        """None: the stream ends. Raises TimeoutError after KEEP_ALIVE seconds without an event."""
        return await asyncio.wait_for(self._events.get(), KEEP_ALIVE)


async def stream(request: web.Request, hub: Hub, bot: int | None, person: int | None) -> web.StreamResponse:
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    listener = hub.open(bot, person)
    try:
        await response.prepare(request)
        await response.write(b": open\n\n")
        await _pump(response, listener)
    except ConnectionError:
        return response  # the reader went away
    finally:
        hub.close(listener)
    return response


async def _pump(response: web.StreamResponse, listener: Listener) -> None:
    while True:
        try:
            event = await listener.next()
        except TimeoutError:
            await response.write(b": alive\n\n")
            continue
        if event is None:
            return
        await response.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())
