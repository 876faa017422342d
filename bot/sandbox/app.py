"""The whole sandbox as one web application on one loopback port."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.sandbox.clock import Now, WorldClock, machine_now
from bot.sandbox.documents import document_routes
from bot.sandbox.faults import Faults, fault_routes
from bot.sandbox.host import Host, Hosting
from bot.sandbox.mail import Mail
from bot.sandbox.store import Store
from bot.sandbox.telegram import Telegram, page_errors
from bot.sandbox.yookassa import Shop

HOST = "127.0.0.1"
BODY_MAX = 64 * 2**20  # bytes: a document of 50 MB with its form around it
PAGE = Path(__file__).parent / "page"
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="#2f8bd8"/>'
    '<path d="M7 16l17-7-4 15-5-5 6-7-8 6z" fill="#fff"/></svg>'
)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Sandbox:
    """Telegram, the provider, a mail server and the page; all state is in `data_dir`, or in memory when it is None.

    `any_shop`: every pair of shop id and key is welcome; `pace`: how long one second of the pauses between
    redeliveries (webhooks, notifications) lasts; `now`: the clock of this world.
    """

    def __init__(
        self,
        data_dir: Path | None,
        *,
        seed: int = 0,
        any_shop: bool = False,
        pace: float = 1.0,
        now: Now = machine_now,
    ) -> None:
        self.clock = WorldClock(now)
        self.store = Store(data_dir / "sandbox.db" if data_dir else None)
        self.faults = Faults(seed=seed)
        self.faults.set(**(self.store.get("faults", "now") or {}))
        self.faults.on_change = lambda values: self.store.put("faults", "now", values)
        self.yookassa = Shop(self.store, self.faults, clock=now, any_shop=any_shop, pace=pace)
        files = data_dir / "files" if data_dir else None
        self.telegram = Telegram(self.store, self.faults, self.yookassa, files, clock=self.clock, pace=pace)
        self.mail = Mail(self.store, self.faults, now)
        self._hosting = Hosting(self.store)
        self._runner: web.AppRunner | None = None
        self._ending = False

    def welcome(self, host: Host) -> None:
        """From now on this is the host's world: its school, and its zone on all pages."""
        self._hosting.host = host
        self.yookassa.provider.zone = self.mail.zone = ZoneInfo(host.zone)

    @property
    def has_declined(self) -> bool:
        """Whether a bank has ever refused a card here."""
        return self.yookassa.has_declined or self.telegram.has_declined

    def app(self) -> web.Application:
        app = web.Application(client_max_size=BODY_MAX, middlewares=[self._while_open, page_errors, _fresh])
        app.add_routes(self.telegram.routes())
        app.add_routes(self.yookassa.routes())
        app.add_routes(self.mail.routes())
        app.add_routes(fault_routes(self.faults))
        app.add_routes(self.clock.routes())
        app.add_routes(self._hosting.routes())
        app.add_routes(document_routes())
        app.add_routes([web.get("/", self._index), web.get("/favicon.ico", _icon)])
        app.router.add_static("/static/", PAGE)
        return app

    async def start(self, port: int = 0) -> str:
        """Listens on 127.0.0.1 (any free port for 0) and returns the origin, `http://127.0.0.1:PORT`."""
        self._runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=2.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        origin = f"http://{HOST}:{self._runner.addresses[0][1]}"
        await self.yookassa.start(origin)
        await self.telegram.start()
        await self.mail.start()
        return origin

    async def stop(self) -> None:
        await self.clock.stop()
        self.telegram.close()
        await self.mail.stop()
        await asyncio.gather(self.telegram.stop(), self.yookassa.stop())
        self._ending = True
        if self._runner is not None:
            await self._runner.cleanup()
        self.store.close()

    @web.middleware
    async def _while_open(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A bot that goes on asking while this world ends gets what a proxy would say, and nothing is stored."""
        if self._ending:
            raise web.HTTPServiceUnavailable
        return await handler(request)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        await self._hosting.visited(request)
        return web.FileResponse(PAGE / "index.html")


@web.middleware
async def _fresh(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The page is never kept by the browser: it belongs to the code that runs now."""
    response = await handler(request)
    if request.path == "/" or request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"
    return response


async def _icon(request: web.Request) -> web.Response:
    return web.Response(text=ICON, content_type="image/svg+xml")
