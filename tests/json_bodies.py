"""What the sandbox answers, read quickly: a chat is read twice for each act of a person."""

import json
from typing import Any

import aiohttp
import orjson


async def read_answer(response: aiohttp.ClientResponse) -> dict[str, Any]:
    body = await response.read()
    try:
        answer: dict[str, Any] = orjson.loads(body)
    except orjson.JSONDecodeError:  # half a character, in an escape
        answer = json.loads(body)
    assert response.status == 200, answer
    return answer
