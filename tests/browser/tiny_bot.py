"""A scripted bot that speaks plain Bot API over HTTP: none of the product's code, so that only the page is tested."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

Json = dict[str, Any]
Script = Mapping[str, Sequence[tuple[str, Json]]]
TOKEN = "4242:tiny_secret"
PATIENCE = 10.0  # seconds


class TinyBot:
    """Answers each update by the script's calls for its text, `callback:DATA` or kind of content.

    `updates` keeps what came. It outlives restarts of the server, as a bot does.
    """

    def __init__(self, origin: str, script: Script) -> None:
        self._api = f"{origin}/bot{TOKEN}"
        self._script = script
        self._heard = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.updates: list[Json] = []

    async def __aenter__(self) -> "TinyBot":
        self._session = aiohttp.ClientSession()
        await self.call("getMe")
        self._task = asyncio.create_task(self._poll())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._session.close()

    async def call(self, method: str, **params: Any) -> Any:
        """Raises AssertionError with the server's words when it refuses."""
        async with self._session.post(f"{self._api}/{method}", json=params) as response:
            answer = await response.json()
        assert answer["ok"], f"{method}: {answer['description']}"
        return answer["result"]

    async def send_file(self, method: str, field: str, name: str, content: bytes, **params: str) -> Any:
        form = aiohttp.FormData(params)
        form.add_field(field, content, filename=name)
        async with self._session.post(f"{self._api}/{method}", data=form) as response:
            answer = await response.json()
        assert answer["ok"], f"{method}: {answer['description']}"
        return answer["result"]

    async def got(self, wanted: Callable[[Json], Any]) -> Json:
        """The first update that satisfies `wanted`, now or soon; raises TimeoutError."""
        async with asyncio.timeout(PATIENCE), self._heard:
            while True:
                for update in self.updates:
                    if wanted(update):
                        return update
                await self._heard.wait()

    async def got_text(self, text: str) -> Json:
        return await self.got(lambda update: update.get("message", {}).get("text") == text)

    async def _poll(self) -> None:
        offset = 0
        while True:
            try:
                updates = await self.call("getUpdates", offset=offset, timeout=5)
                for update in updates:
                    offset = update["update_id"] + 1
                    await self._take(update)
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)  # the server is being restarted

    async def _take(self, update: Json) -> None:
        for method, params in self._script.get(_key(update), ()):
            await self.call(method, **_addressed(update, method, params))
        async with self._heard:
            self.updates.append(update)
            self._heard.notify_all()


def _key(update: Json) -> str:
    match update:
        case {"callback_query": {"data": data}}:
            return f"callback:{data}"
        case {"message": {"text": text}}:
            return str(text)
        case {"message": message}:
            return next((kind for kind in ("contact", "photo", "successful_payment") if kind in message), "")
        case {"pre_checkout_query": _}:
            return "pre_checkout"
        case {"shipping_query": _}:
            return "shipping"
    return ""


def _addressed(update: Json, method: str, params: Json) -> Json:
    """The scripted parameters and whom they are for."""
    if method == "answerCallbackQuery":
        return {"callback_query_id": update["callback_query"]["id"], **params}
    if method == "answerPreCheckoutQuery":
        return {"pre_checkout_query_id": update["pre_checkout_query"]["id"], **params}
    if method == "answerShippingQuery":
        return {"shipping_query_id": update["shipping_query"]["id"], **params}
    message = update.get("message") or update["callback_query"]["message"]
    return {"chat_id": message["chat"]["id"], **params}
