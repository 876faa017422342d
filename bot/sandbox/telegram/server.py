"""The local Bot API server: its HTTP side and its life cycle."""

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox.clock import WorldClock
from bot.sandbox.store import Store
from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.calls import perform, refusal
from bot.sandbox.telegram.context import CardShop, Context, Switches
from bot.sandbox.telegram.errors import ApiError, not_found
from bot.sandbox.telegram.files import Files
from bot.sandbox.telegram.groups_api import GroupsApi
from bot.sandbox.telegram.page_api import PageApi
from bot.sandbox.telegram.params import read_params
from bot.sandbox.telegram.webhook import WebhookSender

Json = dict[str, Any]


class Telegram:
    """Bots, people and their chats. `files` is the folder for what they send, None for memory."""

    def __init__(
        self,
        store: Store,
        faults: Switches,
        shop: CardShop,
        files: Path | None,
        *,
        clock: WorldClock,
        pace: float = 1.0,
    ) -> None:
        self.context = Context(store, faults, shop, Files(files, store), clock, retry_unit=pace)
        self._webhooks = WebhookSender(self.context)
        self.context.updates.on_new = self._webhooks.poke
        self.context.updates.on_rerouted = self._webhooks.settings_changed

    @property
    def has_declined(self) -> bool:
        """Whether a bank has ever refused the card of an invoice's payer."""
        return self.context.ledger.has_declined

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/bot{token}/{method}", self._call),
            web.get("/file/bot{token}/{path:.+}", self._download),
            *PageApi(self.context).routes(),
            *GroupsApi(self.context).routes(),
        ]

    async def start(self) -> None:
        self._webhooks.start()

    def close(self) -> None:
        """Ends long polls and event streams, so that the server can stop at once."""
        self.context.closing = True
        self.context.hub.close_all()
        for account in self.context.accounts.all():
            self.context.updates.queue(account.id).wake()

    async def stop(self) -> None:
        await self._webhooks.stop()

    async def _call(self, request: web.Request) -> web.StreamResponse:
        try:
            account = self._account(request)
            params = await read_params(request)
        except ApiError as error:
            return _answer(refusal(error))
        name = request.match_info["method"]
        await asyncio.sleep(float(self.context.faults.get("telegram_slow")))
        if self.context.closing:  # it began while this world was open, but nothing can be stored any more
            raise web.HTTPServiceUnavailable
        answer = await perform(self.context, account, name, params)
        if name.lower() != "getupdates" and self.context.faults.take("telegram_drop"):
            _cut(request)
        return _answer(answer)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        try:
            account = self._account(request)
            file = self.context.files.by_path(account.id, request.match_info["path"])
            if file is None:
                raise not_found("no such file")
        except ApiError as error:
            return _answer(refusal(error))
        if file.url:
            raise web.HTTPFound(file.url)
        return web.Response(body=self.context.files.read(file), content_type="application/octet-stream")

    def _account(self, request: web.Request) -> Account:
        return self.context.accounts.by_token(request.match_info["token"])


def _answer(body: Json) -> web.Response:
    headers = {}
    if "retry_after" in body.get("parameters", {}):
        headers["Retry-After"] = str(body["parameters"]["retry_after"])
    return web.json_response(body, status=body.get("error_code", 200), headers=headers)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
