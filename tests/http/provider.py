"""A provider for one test: a handler of its own behind the client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bot.yookassa.client import YooKassa
from tests.sandbox.provider_world import payment_body, serve

NOBODY = "2d4d8203-000f-5000-9000-15fc20582329"
QUICK = (0.3, 0.3)
PATIENT = (10.0, 30.0)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def against(handler: Handler, timeouts: tuple[float, float] = QUICK) -> AsyncIterator[YooKassa]:
    """The adapter talking to a server that answers as the handler likes."""
    app = web.Application()
    app.router.add_route("*", "/v3/{tail:.*}", handler)
    origin, runner = await serve(app)
    adapter = YooKassa("100500", "key", f"{origin}/v3/", timeouts=timeouts)
    try:
        yield adapter
    finally:
        await adapter.close()
        await runner.cleanup()


def frozen(value: str = "499.00", **changes: Any) -> str:
    return json.dumps(payment_body(value, **changes), ensure_ascii=False)
