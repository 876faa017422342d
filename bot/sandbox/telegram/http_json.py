"""JSON in and out of the sandbox's own API."""

import json
from typing import Any

from aiohttp import web

from bot.sandbox.telegram.errors import PageError

Json = dict[str, Any]


async def read_object(request: web.Request) -> Json:
    """The body, an object; raises PageError 400 for anything else."""
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise PageError(400, "the body is no JSON") from error
    if not isinstance(body, dict):
        raise PageError(400, "a JSON object is wanted")
    return body


def answer(body: Any) -> web.Response:
    return web.json_response(body, headers={"Cache-Control": "no-store"})
