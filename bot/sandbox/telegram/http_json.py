"""JSON in and out of the sandbox's own API."""

import json
from typing import Any

import orjson
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
    """The page asks for a chat as a whole after each act, so this is most of what the sandbox does."""
    try:
        text = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # half a character, or a number of more than 64 bits
        text = json.dumps(body).encode()
    return web.Response(body=text, content_type="application/json", headers={"Cache-Control": "no-store"})
