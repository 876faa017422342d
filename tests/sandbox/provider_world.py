"""A local YooKassa on a real port, a clock to turn, and a shop's server that listens for notifications."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.sandbox.faults import Faults, fault_routes
from bot.sandbox.store import Store
from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID, Shop

Json = dict[str, Any]
PATIENCE = 20.0


class Clock:
    def __init__(self) -> None:
        self.shift = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def turn(self, **by: float) -> None:
        self.shift += timedelta(**by)


class Provider:
    """The sandbox's half of the world; `restart` is a new process as far as state goes."""

    def __init__(self, path: Path | None = None, **options: Any) -> None:
        self.clock = Clock()
        self._path = path
        self._options = options
        self.faults = Faults(seed=7)

    async def start(self) -> None:
        self.store = Store(self._path)
        self.shop = Shop(self.store, self.faults, clock=self.clock, pace=0.01, **self._options)
        app = web.Application()
        app.add_routes([*self.shop.routes(), *fault_routes(self.faults)])
        self.origin, self._runner = await serve(app)
        await self.shop.start(self.origin)
        login = aiohttp.encode_basic_auth(DEMO_SHOP_ID, DEMO_SECRET_KEY)
        self.http = aiohttp.ClientSession(self.origin, headers={"Authorization": login})

    async def stop(self) -> None:
        await self.http.close()
        await self.shop.stop()
        await self._runner.cleanup()
        self.store.close()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **options: Any
    ) -> tuple[int, Any]:
        """Status and JSON; a POST to the API gets a new key unless one is given."""
        headers = dict(options.pop("headers", {}))
        if method == "POST" and path.startswith("/v3"):
            headers["Idempotence-Key"] = key or str(uuid.uuid4())
        async with self.http.request(method, path, json=body, headers=headers, **options) as answer:
            return answer.status, await answer.json()

    async def ok(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        status, answer = await self.call(method, path, body, **options)
        assert status == 200, answer
        return answer

    async def create(self, value: str = "499.00", **changes: Any) -> Json:
        made: Json = await self.ok("POST", "/v3/payments", payment_body(value, **changes))
        return made

    async def paid(self, value: str = "499.00", **changes: Any) -> Json:
        made = await self.create(value, **changes)
        settled: Json = await self.ok("POST", f"/sandbox/payments/{made['id']}/pay", {})
        return settled


class Listener:
    """The shop's server: keeps every body and answers with the statuses queued, then 200."""

    def __init__(self) -> None:
        self.bodies: list[Json] = []
        self.statuses: list[int] = []
        self.url = ""

    async def hear(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    @property
    def events(self) -> list[tuple[str, str]]:
        return [(body["event"], body["object"]["id"]) for body in self.bodies]

    async def wait(self, count: int) -> None:
        await until(lambda: len(self.bodies) >= count)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  # what is awaited happens on the other side of HTTP
            await asyncio.sleep(0.01)


async def serve(app: web.Application) -> tuple[str, web.AppRunner]:
    """Serves on a free loopback port; the origin and the runner to clean up."""
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}", runner


@asynccontextmanager
async def provider(path: Path | None = None, **options: Any) -> AsyncIterator[Provider]:
    world = Provider(path, **options)
    await world.start()
    try:
        yield world
    finally:
        await world.stop()


@asynccontextmanager
async def listener() -> AsyncIterator[Listener]:
    heard = Listener()
    app = web.Application()
    app.router.add_post("/yookassa/webhook", heard.hear)
    origin, runner = await serve(app)
    heard.url = f"{origin}/yookassa/webhook"
    try:
        yield heard
    finally:
        await runner.cleanup()


def payment_body(value: str = "499.00", **changes: Any) -> Json:
    body: Json = {
        "amount": {"value": value, "currency": "RUB"},
        "capture": True,
        "confirmation": {"type": "redirect", "return_url": "https://t.me/school_bot?start=paid"},
        "description": "Курс, 30 дней",
        "metadata": {"purchase": "ab12"},
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


def receipt(value: str = "499.00", **changes: Any) -> Json:
    item: Json = {
        "description": "Доступ, 30 дней",
        "quantity": 1,
        "measure": "piece",
        "amount": {"value": value, "currency": "RUB"},
        "vat_code": 1,
        "payment_subject": "service",
        "payment_mode": "full_payment",
    }
    return {"customer": {"email": "anna@example.com"}, "items": [{**item, **changes}]}
