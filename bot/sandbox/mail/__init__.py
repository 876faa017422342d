"""A mail server and everybody's mailbox."""

from __future__ import annotations

from datetime import tzinfo

from aiohttp import web

from bot.sandbox.clock import Now
from bot.sandbox.faults import Faults
from bot.sandbox.mail.mailbox import Letter, Mailbox
from bot.sandbox.mail.pages import MailPages
from bot.sandbox.mail.server import MailServer
from bot.sandbox.store import Store


class Mail:
    """`mailbox` has what came; `url` is the server's, for a bot's settings, once it is started; `zone` what times are
    told in on its pages."""

    def __init__(self, store: Store, faults: Faults, now: Now) -> None:
        self.mailbox = Mailbox(store, now)
        self.zone: tzinfo | None = None
        self._pages = MailPages(self.mailbox, lambda: self.zone)
        self._server = MailServer(self.mailbox, faults)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.port}"

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/sandbox/mail", self._list), *self._pages.routes()]

    async def start(self) -> None:
        """On any free port of 127.0.0.1."""
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response([letter.as_json() for letter in self.mailbox.letters()])


__all__ = ["Letter", "Mail"]
