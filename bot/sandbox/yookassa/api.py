"""YooKassa API v3 over HTTP: authentication, idempotence keys, one operation, an answer in its shape."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from aiohttp import web

from bot.sandbox.yookassa.book import Merchant, PaymentRecord, RefundRecord, RequestKey
from bot.sandbox.yookassa.checks import read_object
from bot.sandbox.yookassa.errors import Refused, bad_credentials, refusal_response
from bot.sandbox.yookassa.listing import PAYMENT_FILTERS, PAYMENT_TIMES, REFUND_FILTERS, REFUND_TIMES, page
from bot.sandbox.yookassa.money import Json
from bot.sandbox.yookassa.provider import Provider
from bot.sandbox.yookassa.receipts import registered
from bot.sandbox.yookassa.unreliable import Handler, unreliable

KEY = re.compile(r"[0-9a-zA-Z+_.-]{1,64}")
KNOWN_PATHS = re.compile(r"/v3/(me|receipts|(payments|refunds)(/[^/]+)?|payments/[^/]+/(capture|cancel))")
Act = Callable[[Merchant, Json, RequestKey], Json]
Ask = Callable[[Merchant, web.Request], Json]


def api_routes(provider: Provider) -> list[web.RouteDef]:
    api = Api(provider)

    def wrapped(handler: Handler) -> Handler:
        return unreliable(provider.faults, handler)

    def get(path: str, ask: Ask) -> web.RouteDef:
        return web.get(f"/v3{path}", wrapped(api.asking(ask)), allow_head=False)

    def post(path: str, act: Callable[[web.Request], Act]) -> web.RouteDef:
        return web.post(f"/v3{path}", wrapped(api.acting(act)))

    return [
        post("/payments", lambda _: provider.payments.create),
        get("/payments", api.payments),
        get("/payments/{id}", api.payment),
        post("/payments/{id}/capture", api.capture),
        post("/payments/{id}/cancel", api.cancel),
        post("/refunds", lambda _: provider.refunds.create),
        get("/refunds", api.refunds),
        get("/refunds/{id}", api.refund),
        get("/me", api.me),
        get("/receipts", api.receipts),
        web.route("*", "/v3/{tail:.*}", wrapped(unknown_path)),
    ]


class Api:
    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def asking(self, ask: Ask) -> Handler:
        async def handler(request: web.Request) -> web.Response:
            try:
                with self._provider.store.batch():
                    return web.json_response(ask(self._merchant(request), request))
            except Refused as refused:
                return refusal_response(refused)

        return handler

    def acting(self, choose: Callable[[web.Request], Act]) -> Handler:
        async def handler(request: web.Request) -> web.Response:
            raw = await request.read()
            try:
                with self._provider.store.batch():
                    return web.json_response(self._act(request, raw, choose(request)))
            except Refused as refused:
                return refusal_response(refused)

        return handler

    def payments(self, merchant: Merchant, request: web.Request) -> Json:
        book = self._provider.book
        self._provider.payments.expire_overdue()
        return page(
            [record for record in book.payments.values() if record.shop == merchant.shop_id],
            request.query,
            filters=PAYMENT_FILTERS,
            times=PAYMENT_TIMES,
            show=self._shown,
        )

    def payment(self, merchant: Merchant, request: web.Request) -> Json:
        return self._shown(self._provider.payments.find(merchant.shop_id, request.match_info["id"]))

    def capture(self, request: web.Request) -> Act:
        def act(merchant: Merchant, body: Json, key: RequestKey) -> Json:
            record = self._provider.payments.find(merchant.shop_id, request.match_info["id"])
            return self._provider.payments.capture(record, body, key)

        return act

    def cancel(self, request: web.Request) -> Act:
        def act(merchant: Merchant, _: Json, key: RequestKey) -> Json:
            record = self._provider.payments.find(merchant.shop_id, request.match_info["id"])
            return self._provider.payments.cancel(record, key)

        return act

    def refunds(self, merchant: Merchant, request: web.Request) -> Json:
        book = self._provider.book
        return page(
            [record for record in book.refunds.values() if record.shop == merchant.shop_id],
            request.query,
            filters=REFUND_FILTERS,
            times=REFUND_TIMES,
            show=self._provider.refunds.shown,
        )

    def refund(self, merchant: Merchant, request: web.Request) -> Json:
        provider = self._provider.refunds
        return provider.shown(provider.find(merchant.shop_id, request.match_info["id"]))

    def me(self, merchant: Merchant, _: web.Request) -> Json:
        register = "atol" if merchant.own_register else "avanpost"
        return {
            "account_id": merchant.shop_id,
            "status": "enabled",
            "test": merchant.test,
            "fiscalization_enabled": merchant.receipts_required,
            "fiscalization": {"enabled": merchant.receipts_required, "provider": register},
            "payment_methods": ["bank_card", "yoo_money", "sbp"],
        }

    def receipts(self, merchant: Merchant, request: web.Request) -> Json:
        """Receipts of one payment or refund: the whole list is never longer than its page."""
        of = {name: request.query[name] for name in ("payment_id", "refund_id") if name in request.query}
        if len(of) != 1:
            raise Refused("Name either payment_id or refund_id", "payment_id")
        owner = self._receipt_owner(merchant, of)
        if owner is None or owner.receipt is None or owner.status != "succeeded":
            return {"type": "list", "items": []}
        kind = "payment" if "payment_id" in of else "refund"
        at = str(owner.body.get("captured_at", owner.body["created_at"]))
        return {
            "type": "list",
            "items": [registered(owner.receipt, number=owner.seq, kind=kind, of=of, at=at)],
        }

    def _receipt_owner(self, merchant: Merchant, of: Json) -> PaymentRecord | RefundRecord | None:
        book = self._provider.book
        owner: PaymentRecord | RefundRecord | None = book.payments.get(of.get("payment_id", ""))
        owner = owner or book.refunds.get(of.get("refund_id", ""))
        return owner if owner is not None and owner.shop == merchant.shop_id else None

    def _act(self, request: web.Request, raw: bytes, act: Act) -> Json:
        merchant = self._merchant(request)
        key = _request_key(request, merchant, raw)
        known = self._provider.book.recall(key, self._provider.clock())
        if known is not None:
            return self._provider.linked(known)
        if raw and request.content_type != "application/json":
            raise Refused("Content-Type must be application/json", status=415, code="unsupported_media_type")
        # Capture and cancel may come without a body at all.
        body = read_object(raw) if raw or "id" not in request.match_info else {}
        return self._provider.linked(act(merchant, body, key))

    def _merchant(self, request: web.Request) -> Merchant:
        return self._provider.merchant(*_credentials(request))

    def _shown(self, record: PaymentRecord) -> Json:
        return self._provider.linked(self._provider.payments.shown(record))


async def unknown_path(request: web.Request) -> web.Response:
    if KNOWN_PATHS.fullmatch(request.path):
        return refusal_response(Refused("Method not allowed", status=405, code="method_not_allowed"))
    return refusal_response(Refused("Resource not found", status=404, code="not_found"))


def _credentials(request: web.Request) -> tuple[str, str]:
    scheme, _, coded = request.headers.get("Authorization", "").partition(" ")
    try:
        shop_id, colon, secret_key = base64.b64decode(coded, validate=True).decode().partition(":")
    except ValueError:
        raise bad_credentials() from None
    if scheme.lower() != "basic" or not colon:
        raise bad_credentials()
    return shop_id, secret_key


def _request_key(request: web.Request, merchant: Merchant, raw: bytes) -> RequestKey:
    keys = request.headers.getall("Idempotence-Key", [])
    if len(keys) != 1 or not KEY.fullmatch(keys[0]):
        raise Refused("Idempotence key is missing or malformed", "Idempotence-Key")
    return RequestKey.of(merchant.shop_id, keys[0], request.path, raw)
