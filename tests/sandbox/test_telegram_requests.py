"""Parameters reach a method however they are sent: query, JSON, either kind of form, by GET and by POST."""

import json
from typing import Any

import aiohttp
import pytest

from tests.sandbox.telegram_world import ANNA, Bot, World

TEXT = "Ж & ü = 1"
MARKUP = json.dumps({"inline_keyboard": [[{"text": "b", "callback_data": "x"}]]})


def multipart(values: dict[str, str]) -> aiohttp.MultipartWriter:
    form = aiohttp.MultipartWriter("form-data")
    for name, value in values.items():
        form.append(value).set_content_disposition("form-data", name=name)
    return form


WAYS: dict[str, Any] = {
    "query": lambda values: {"params": values},
    "JSON": lambda values: {"json": values},
    "form": lambda values: {"data": values},
    "multipart": lambda values: {"data": multipart(values)},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("name", ["sendMessage", "SENDMESSAGE", "sendmessage"])
async def test_every_way_of_sending(world: World, bot: Bot, verb: str, way: str, name: str) -> None:
    await bot.person().send()
    values = {"chat_id": str(ANNA), "text": TEXT, "reply_markup": MARKUP}
    url = f"{world.origin}/bot{bot.token}/{name}"
    async with world.http.request(verb, url, **WAYS[way](values)) as response:
        answer = await response.json()
    assert answer["ok"], answer
    assert answer["result"]["text"] == TEXT
    assert answer["result"]["reply_markup"] == json.loads(MARKUP)


async def test_the_offset_of_a_form_sent_by_get_confirms(world: World, bot: Bot) -> None:
    await bot.person().send("one")
    await bot.person().send("two")
    url = f"{world.origin}/bot{bot.token}/getUpdates"
    async with world.http.get(url, data={"limit": 1, "timeout": 0}) as response:
        (first,) = (await response.json())["result"]
    form = {"offset": first["update_id"] + 1, "allowed_updates": '["message"]'}
    async with world.http.get(url, data=form) as response:
        (second,) = (await response.json())["result"]
    assert (first["message"]["text"], second["message"]["text"]) == ("one", "two")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b'{"text": "\\ud800"}'),
        ("application/x-www-form-urlencoded", b"text=\xff"),
        ("multipart/form-data; boundary=x", b"nothing of the kind"),
    ],
)
async def test_a_broken_body_is_refused(world: World, bot: Bot, kind: str, body: bytes) -> None:
    url, headers = f"{world.origin}/bot{bot.token}/getMe", {"Content-Type": kind}
    async with world.http.get(url, data=body, headers=headers) as response:
        answer = await response.json()
    assert (response.status, answer["error_code"]) == (400, 400)
    assert answer["description"].startswith(
        ("Bad Request: can't parse request", "Bad Request: strings must be")
    )
