"""A local YooKassa: API v3, hosted checkout page, provider dashboard, notifications. Play money only."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import web

from bot.sandbox.faults import Faults
from bot.sandbox.store import Store
from bot.sandbox.yookassa.api import api_routes
from bot.sandbox.yookassa.checkout import checkout_routes
from bot.sandbox.yookassa.control import control_routes
from bot.sandbox.yookassa.dashboard import dashboard_routes
from bot.sandbox.yookassa.money import Json
from bot.sandbox.yookassa.provider import DEMO_SECRET_KEY, DEMO_SHOP_ID, Provider
from bot.sandbox.yookassa.timestamps import Clock, now_utc

__all__ = ["DEMO_SECRET_KEY", "DEMO_SHOP_ID", "Shop"]
EXPIRY_SECONDS = 5.0


class Shop:
    """The provider as the sandbox composes it: routes, life cycle, payments of Telegram invoices.

    `any_shop`: every non-empty pair of shop id and key opens a shop of its own at first use; otherwise only
    the demo shop is let in. `pace` shortens the pauses between redeliveries for tests.
    """

    def __init__(
        self,
        store: Store,
        faults: Faults,
        *,
        clock: Clock = now_utc,
        any_shop: bool = False,
        pace: float = 1.0,
    ) -> None:
        self.provider = Provider(store, faults, clock=clock, any_shop=any_shop, pace=pace)
        self._expiry: asyncio.Task[None] | None = None

    @property
    def notifications_url(self) -> str | None:
        """Where the demo shop is called back; kept over restarts."""
        return self.provider.demo.notifications_url

    @notifications_url.setter
    def notifications_url(self, url: str | None) -> None:
        self.provider.change_settings(self.provider.demo, {"notifications_url": url})

    @property
    def has_declined(self) -> bool:
        """Whether a bank has ever refused a payer's card."""
        ends = (
            record.body.get("cancellation_details", {}) for record in self.provider.book.payments.values()
        )
        return any(end.get("party") == "payment_network" for end in ends)

    def routes(self) -> list[web.RouteDef]:
        return [
            *api_routes(self.provider),
            *checkout_routes(self.provider),
            *dashboard_routes(self.provider),
            *control_routes(self.provider),
        ]

    async def start(self, origin: str) -> None:
        """`origin` is where payers reach the checkout page, such as http://127.0.0.1:8080."""
        self.provider.origin = origin
        await self.provider.notifications.start()
        self._expiry = asyncio.create_task(self._expire())

    async def stop(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            with suppress(asyncio.CancelledError):
                await self._expiry
        await self.provider.notifications.stop()

    async def catch_up(self) -> bool:
        """After the clock was moved: ends payments and delivers notifications that are due. Whether it delivered."""
        self.provider.expire_overdue()
        return await self.provider.notifications.deliver_due()

    def charge_by_invoice(
        self, *, amount_minor: int, currency: str, description: str, email: str | None, receipt: Json | None
    ) -> str:
        """A payment that succeeded through a Telegram invoice of the demo shop; its YooKassa id."""
        return self.provider.charge_by_invoice(amount_minor, currency, description, email, receipt)

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(EXPIRY_SECONDS)
            self.provider.expire_overdue()
