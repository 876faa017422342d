"""What strangers may do to the HTTP side: refused here, before an endpoint reads it, and no error in our log.

Whatever we would refuse costs nothing but the refusal: nothing is unpacked, nothing is waited for without end.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import orjson
import structlog
from aiohttp import web

from bot.timings import Timings

log = structlog.get_logger(__name__)

MAX_BODY = 256 * 1024  # bytes; a payment object with a long receipt is some kilobytes
MAX_UPDATE = 1024 * 1024  # bytes; what Telegram is refused it brings again, and the chat's next updates wait
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class StrangersLog(logging.LoggerAdapter[logging.Logger]):
    """aiohttp calls an error what a stranger sent and what an endpoint raised alike. The latter `answer_failures`
    has logged already; the former is nobody's defect."""

    def exception(self, msg: object, *args: object, **kwargs: Any) -> None:
        self.debug(msg, *args, **kwargs)


class BusyError(Exception):
    """Too many wait already."""


class Gate:
    """Lets `at_once` in and `waiting` more wait; further ones are turned away by BusyError."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._there = 0

    async def __aenter__(self) -> None:
        if self._there >= self._most:
            raise BusyError
        self._there += 1
        try:
            await self._places.acquire()
        except BaseException:
            self._there -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self._there -= 1
        self._places.release()


def limit_connections(server: web.Server, timings: Timings) -> None:
    """Beyond `timings.connections` open ones the one that came first has to go, once it has its answer: who holds many
    of them keeps nobody out. Twice as many there are never."""
    most, answer_within = timings.connections, timings.answer.total_seconds()
    made = server.connection_made
    going: set[web.RequestHandler] = set()
    closing: set[asyncio.Task[None]] = set()

    def connection_made(handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        made(handler, transport)
        there = server.connections
        going.intersection_update(there)
        if len(there) <= most:
            return
        log.warning("connections_full", count=len(there))
        if len(there) > 2 * most:
            asyncio.get_running_loop().call_soon(transport.abort)  # aiohttp's task must have begun
        elif first := next((one for one in there if one not in going), None):
            going.add(first)
            task = asyncio.ensure_future(first.shutdown(answer_within))
            closing.add(task)
            task.add_done_callback(closing.discard)

    server.connection_made = connection_made  # type: ignore[method-assign]  # aiohttp itself has no limit


def runner(app: web.Application, idle: timedelta) -> web.AppRunner:
    """`idle`: a connection on which no whole request comes for so long is closed."""
    return web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=30,
        logger=StrangersLog(logging.getLogger("aiohttp.server"), {}),
        keepalive_timeout=idle.total_seconds(),
        lingering_time=2,  # seconds for what still comes after a refusal
        auto_decompress=False,  # some kilobytes unpack to hundreds of megabytes
    )


@web.middleware
async def refuse_compressed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Neither Telegram nor the provider compresses what it sends."""
    encodings = ",".join(request.headers.getall("Content-Encoding", ())).lower()
    if encodings and any(encoding.strip() not in ("", "identity") for encoding in encodings.split(",")):
        raise web.HTTPUnsupportedMediaType(headers={"Accept-Encoding": "identity"})
    return await handler(request)


@web.middleware
async def answer_failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """500 for a defect of ours, which is logged; the connection goes on."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception:
        resource = request.match_info.route.resource
        log.exception("request_failed", method=request.method, path=resource.canonical if resource else None)
        return web.Response(status=500, text="500: Internal Server Error")


async def read_json(request: web.Request, within: timedelta) -> tuple[dict[str, Any], bytes]:
    """The object and its text. Raises 400 for what is no JSON object, 408 for what does not come in that time, 413
    for what is too large."""
    raw = await _read(request, within)
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise web.HTTPBadRequest(text="not JSON") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="not a JSON object")
    return body, raw


async def _read(request: web.Request, within: timedelta) -> bytes:
    try:
        if request.content.is_eof():  # there already, as a small one that came at once with its head
            return await request.read()
        async with asyncio.timeout(within.total_seconds()):
            return await request.read()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise web.HTTPBadRequest(text="the body ended before its end") from error
