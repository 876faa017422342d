"""Both ends of the local Telegram, over HTTP: a bot without any library, and people."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.sandbox.app import Sandbox

Json = dict[str, Any]
ANNA, BEN, OLGA = 7000000001, 7000000002, 7000000003
PATIENCE = 20.0  # seconds until a test gives up
PNG = (
    bytes.fromhex("89504e470d0a1a0a0000000d4948445200000003000000020802000000") + b"\x00" * 8
)  # only the head: 3 x 2 pixels
_numbers = itertools.count(100)


class World:
    """A running sandbox; `restart` is a new process as far as state goes."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.sandbox = Sandbox(folder, pace=0.01)
        self.origin = ""
        self.http = aiohttp.ClientSession()

    async def start(self) -> World:
        self.origin = await self.sandbox.start()
        return self

    async def stop(self) -> None:
        await self.sandbox.stop()

    async def close(self) -> None:
        await self.stop()
        await self.http.close()

    async def restart(self) -> None:
        await self.stop()
        self.sandbox = Sandbox(self.folder, pace=0.01)
        await self.start()

    async def ask(self, method: str, path: str, body: Json | None = None) -> tuple[int, Any]:
        async with self.http.request(method, self.origin + path, json=body) as response:
            return response.status, await response.json()

    async def get(self, path: str) -> Any:
        status, body = await self.ask("GET", path)
        assert status == 200, body
        return body

    async def post(self, path: str, body: Json | None = None) -> Any:
        status, answer = await self.ask("POST", path, body or {})
        assert status == 200, answer
        return answer

    async def faults(self, **switches: float) -> None:
        status, answer = await self.ask("PUT", "/sandbox/faults", switches)
        assert status == 200, answer

    async def new_bot(self) -> Bot:
        bot = Bot(self, next(_numbers))
        await bot.ok("getMe")
        return bot

    async def events(self, **query: int) -> EventReader:
        params = {name: str(value) for name, value in query.items()}
        response = await self.http.get(self.origin + "/sandbox/events", params=params)
        assert await response.content.readline() == b": open\n"
        return EventReader(response)


class EventReader:
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def next(self) -> Json:
        async with asyncio.timeout(PATIENCE):
            while True:
                line = await self._response.content.readline()
                assert line, "the stream has ended"
                if line.startswith(b"data: "):
                    event: Json = json.loads(line.removeprefix(b"data: "))
                    return event

    async def until(self, kind: str) -> Json:
        while (event := await self.next())["type"] != kind:
            pass
        return event

    def close(self) -> None:
        self._response.close()


@dataclass
class Bot:
    world: World
    id: int
    offset: int = 0

    @property
    def token(self) -> str:
        return f"{self.id}:secret"

    async def call(self, method: str, /, **params: Any) -> Json:
        """The whole answer; its HTTP status must agree with it."""
        answer: Json
        status, answer = await self.world.ask("POST", f"/bot{self.token}/{method}", params)
        assert status == answer.get("error_code", 200)
        return answer

    async def ok(self, method: str, /, **params: Any) -> Any:
        answer = await self.call(method, **params)
        assert answer["ok"], answer
        return answer["result"]

    async def refused(self, method: str, /, **params: Any) -> str:
        answer = await self.call(method, **params)
        assert not answer["ok"], answer
        return str(answer["description"])

    async def updates(self, timeout: int = 0) -> list[Json]:
        """What is new; confirmed by the next call."""
        found: list[Json] = await self.ok("getUpdates", offset=self.offset, timeout=timeout)
        self.offset = max([self.offset, *(update["update_id"] + 1 for update in found)])
        return found

    def person(self, number: int = ANNA) -> Person:
        return Person(self.world, self.id, number)


@dataclass
class Person:
    """Someone in the chat with one bot."""

    world: World
    bot: int
    id: int

    def path(self, what: str = "", **query: float) -> str:
        text = "".join(f"&{name}={value}" for name, value in query.items())
        return f"/sandbox/chats/{self.id}{what}?bot={self.bot}{text}"

    async def chat(self) -> Json:
        answer: Json = await self.world.get(self.path())
        return answer

    async def send(self, text: str = "/start", **query: float) -> Json:
        answer: Json = await self.world.post(self.path("/messages", **query), {"text": text})
        return answer

    async def give(self, what: str, body: Json, **query: float) -> Json:
        answer: Json = await self.world.post(self.path(what, **query), body)
        return answer

    async def refused(self, what: str, body: Json) -> tuple[int, str]:
        status, answer = await self.world.ask("POST", self.path(what), body)
        assert status != 200, answer
        return status, answer["error"]


@dataclass
class Hook:
    """A bot's own web server. `answers` decides about each update by its text, None is 200."""

    url: str = ""
    taken: list[Json] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)
    answer: Callable[[Json], Awaitable[web.Response | None]] | None = None

    async def serve(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.headers.append(request.headers)
        response = await self.answer(update) if self.answer else None
        if response is None or response.status < 300:
            self.taken.append(update)
        return response or web.Response()

    async def took(self, count: int) -> list[Json]:
        await until(lambda: len(self.taken) >= count)
        return self.taken

    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.taken if "message" in update]


@asynccontextmanager
async def webhook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.serve)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield hook
    finally:
        await runner.cleanup()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for is in another process's hands
            await asyncio.sleep(0.005)
