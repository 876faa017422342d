"""Pieces of bot scripts that several tests share."""

from typing import Any

from tests.browser.tiny_bot import Json

HTML = (
    "😀 <b>bold <i>both</i></b> <u>under</u> <s>gone</s> <code>SPRING</code> "
    '<a href="https://example.com/x">link</a> <tg-spoiler>secret</tg-spoiler> &lt;img src=x onerror=alert(1)&gt;\n'
    "<blockquote>quoted</blockquote>\n<pre>one\n  two</pre>\nask /help or see https://example.org/y"
)
PROVIDER_TOKEN = "381764678:TEST:1234"


def say(text: str, **more: Any) -> tuple[str, Json]:
    return "sendMessage", {"text": text, **more}


def inline(*rows: list[Json]) -> Json:
    return {"inline_keyboard": list(rows)}


def bill(currency: str, amount: int) -> tuple[str, Json]:
    """An invoice; `amount` in the currency's smallest unit."""
    prices = [{"label": "Basics", "amount": amount}]
    token = {} if currency == "XTR" else {"provider_token": PROVIDER_TOKEN}
    what = {"title": "Basics", "description": "30 days", "payload": "order-1", "currency": currency}
    return "sendInvoice", {**what, "prices": prices, **token}


GREETING = {"/start": [say("Hello")]}
