"""The provider's bad days, wrapped around its API: slow, 5xx, cut connections, broken answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.faults import Faults
from bot.sandbox.yookassa.errors import error_response

Handler = Callable[[web.Request], Awaitable[web.Response]]
HALF = 0.5
BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


def unreliable(faults: Faults, handler: Handler) -> Handler:
    """The handler under the switches. A 5xx says nothing of the outcome: half of them did the work."""

    async def wrapped(request: web.Request) -> web.Response:
        if faults.take("provider_down") or faults.take("provider_cut_before"):
            return cut(request)
        await request.read()
        seconds = float(faults.get("provider_slow"))
        if seconds:
            await asyncio.sleep(seconds)
        if faults.take("provider_5xx"):
            await _maybe(faults, handler, request)
            return error_response(500, "internal_server_error", "Internal server error")
        if faults.take("provider_html_502"):
            await _maybe(faults, handler, request)
            return web.Response(status=502, text=BAD_GATEWAY, content_type="text/html")
        answer = await handler(request)
        if faults.take("provider_cut"):
            return cut(request)
        if faults.take("provider_broken_json") and isinstance(answer.body, bytes):
            return web.Response(
                status=answer.status,
                body=answer.body[: len(answer.body) // 2],
                content_type="application/json",
            )
        return answer

    return wrapped


def cut(request: web.Request) -> web.Response:
    """Resets the connection; the response is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _maybe(faults: Faults, handler: Handler, request: web.Request) -> None:
    if faults.chance(HALF):
        await handler(request)
