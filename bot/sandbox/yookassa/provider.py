"""Everything the local YooKassa is made of, without HTTP: its shops, records, settings, notifications."""

from __future__ import annotations

import secrets
from datetime import tzinfo
from typing import Any

from bot.sandbox.faults import Faults
from bot.sandbox.store import Store
from bot.sandbox.yookassa.book import Book, Merchant
from bot.sandbox.yookassa.errors import Refused, bad_credentials
from bot.sandbox.yookassa.money import Json
from bot.sandbox.yookassa.notifications import Notifications
from bot.sandbox.yookassa.payments import Payments
from bot.sandbox.yookassa.refunds import Refunds
from bot.sandbox.yookassa.timestamps import Clock

DEMO_SHOP_ID = "100500"
DEMO_SECRET_KEY = "test_sandbox_secret"
REFUND_MODES = ("instant", "pending")
_BOOLEANS = ("receipts_required", "own_register", "test")


class Provider:
    """Composes records and rules. `origin` is known once the server listens; `zone`: what the dashboard tells times
    in, None for this machine's."""

    def __init__(self, store: Store, faults: Faults, *, clock: Clock, any_shop: bool, pace: float) -> None:
        self.store = store
        self.faults = faults
        self.clock = clock
        self.any_shop = any_shop
        self.origin = ""
        self.zone: tzinfo | None = None
        self.book = Book(store)
        self.notifications = Notifications(store, faults, clock, pace=pace)
        self.payments = Payments(self.book, clock, self._announce)
        self.refunds = Refunds(self.book, clock, self._announce)
        if DEMO_SHOP_ID not in self.book.merchants:
            self.book.save_merchant(Merchant(DEMO_SHOP_ID, DEMO_SECRET_KEY))

    @property
    def demo(self) -> Merchant:
        return self.book.merchants[DEMO_SHOP_ID]

    def merchant(self, shop_id: str, secret_key: str) -> Merchant:
        """The shop behind the credentials; Refused 401 when they do not fit."""
        known = self.book.merchants.get(shop_id)
        if known is None and self.any_shop and shop_id and secret_key:
            known = Merchant(shop_id, secret_key)
            self.book.save_merchant(known)
        if known is None or not secrets.compare_digest(known.secret_key.encode(), secret_key.encode()):
            raise bad_credentials()
        return known

    def shop(self, shop_id: str | None) -> Merchant:
        """The named shop, the demo shop without a name; Refused 404."""
        found = self.book.merchants.get(shop_id or DEMO_SHOP_ID)
        if found is None:
            raise Refused("No such shop", "shop", status=404, code="not_found")
        return found

    def change_settings(self, merchant: Merchant, changes: Json) -> None:
        """All the changes or none: notifications_url, receipts_required, own_register, test, refunds."""
        for name, value in changes.items():
            _check_setting(name, value)
        for name, value in changes.items():
            setattr(merchant, name, (value or None) if name == "notifications_url" else value)
        self.book.save_merchant(merchant)

    def settings(self, merchant: Merchant) -> Json:
        names = ("shop_id", "notifications_url", *_BOOLEANS, "refunds")
        return {name: getattr(merchant, name) for name in names}

    def linked(self, shown: Json) -> Json:
        """A payment object with the link to the checkout page; its origin may change between runs."""
        if "confirmation" not in shown:
            return shown
        link = f"{self.origin}/checkout/{shown['id']}"
        return {**shown, "confirmation": {**shown["confirmation"], "confirmation_url": link}}

    def charge_by_invoice(
        self, minor: int, currency: str, description: str, email: str | None, receipt: Json | None
    ) -> str:
        request: Json = {"description": description[:128]}
        if receipt is not None:
            request["receipt"] = {"customer": {"email": email} if email else {}, **receipt}
        with self.store.batch():
            return self.payments.create_paid(self.demo, minor, currency, request).id

    def expire_overdue(self) -> None:
        with self.store.batch():
            self.payments.expire_overdue()

    def _announce(self, shop: str, event: str, shown: Json) -> None:
        url = self.book.merchants[shop].notifications_url
        if url is not None:
            self.notifications.announce(shop, url, event, self.linked(shown))


def _check_setting(name: str, value: Any) -> None:
    if name in _BOOLEANS and isinstance(value, bool):
        return
    if name == "refunds" and value in REFUND_MODES:
        return
    if name == "notifications_url" and (not value or is_http_url(value)):
        return
    raise Refused(f"No such setting, or not a value for it: {name}", name)


def is_http_url(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://")) and len(value) <= 2048
