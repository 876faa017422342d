"""JSON API for tests and the chat page: what a payer or the shop's owner would do by hand."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from bot.sandbox.yookassa.book import Item, PaymentRecord
from bot.sandbox.yookassa.cards import BY_NUMBER, DEFAULT
from bot.sandbox.yookassa.errors import Refused, not_found
from bot.sandbox.yookassa.money import Json, minor_units
from bot.sandbox.yookassa.notifications import Notification
from bot.sandbox.yookassa.pages import same_origin
from bot.sandbox.yookassa.provider import Provider, is_http_url

Answered = Callable[[web.Request], Awaitable[Any]]


def control_routes(provider: Provider) -> list[web.RouteDef]:
    control = Control(provider)

    def on(method: str, path: str, answer: Answered) -> web.RouteDef:
        return web.route(method, f"/sandbox{path}", same_origin(_json(answer)))

    return [
        on("GET", "/payments", control.payments),
        on("GET", "/refunds", control.refunds),
        on("POST", "/refunds", control.refund),
        on("POST", "/refunds/{id}/{end:succeed|cancel}", control.settle),
        on("POST", "/payments/{id}/{action:pay|decline|close|capture|cancel|expire}", control.act),
        on("GET", "/yookassa", control.settings),
        on("PUT", "/yookassa", control.change_settings),
        on("GET", "/notifications", control.notifications),
        on("POST", "/notifications", control.forge),
        on("POST", "/notifications/{n:[0-9]+}/redeliver", control.redeliver),
    ]


class Control:
    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def payments(self, request: web.Request) -> list[Json]:
        """Newest first; `?shop=` narrows to one shop."""
        self._provider.expire_overdue()
        return [self._payment(record) for record in _newest(self._provider.book.payments.values(), request)]

    async def refunds(self, request: web.Request) -> list[Json]:
        refunds = self._provider.refunds
        return [refunds.shown(record) for record in _newest(self._provider.book.refunds.values(), request)]

    async def act(self, request: web.Request) -> Json:
        body = await _body(request)
        with self._provider.store.batch():
            record = self._provider.payments.find(None, request.match_info["id"])
            self._carry_out(request.match_info["action"], record, body)
        return self._payment(record)

    async def refund(self, request: web.Request) -> Json:
        """`{payment_id, amount?}`: "100.00" or `{"value": "100.00"}`; all that is left without an amount."""
        body = await _body(request)
        with self._provider.store.batch():
            payment = self._provider.payments.find(None, str(body.get("payment_id", "")))
            merchant = self._provider.book.merchants[payment.shop]
            record = self._provider.refunds.by_hand(merchant, payment, _minor(body.get("amount")))
        return self._provider.refunds.shown(record)

    async def settle(self, request: web.Request) -> Json:
        """Ends a pending refund: succeed, or cancel `{reason?}`."""
        body = await _body(request)
        refunds = self._provider.refunds
        with self._provider.store.batch():
            record = refunds.find(None, request.match_info["id"])
            canceled = request.match_info["end"] == "cancel"
            refunds.settle(record, reason=str(body.get("reason", "general_decline")) if canceled else None)
        return refunds.shown(record)

    async def settings(self, request: web.Request) -> Json:
        return self._provider.settings(self._provider.shop(request.query.get("shop")))

    async def change_settings(self, request: web.Request) -> Json:
        merchant = self._provider.shop(request.query.get("shop"))
        self._provider.change_settings(merchant, await _body(request))
        return self._provider.settings(merchant)

    async def notifications(self, request: web.Request) -> list[Json]:
        """The log, newest first."""
        shop = request.query.get("shop")
        log = reversed(self._provider.notifications.log.values())
        return [asdict(item) for item in log if shop in (None, item.shop)]

    async def forge(self, request: web.Request) -> Json:
        """`{body, url?}`: sends any body once; the shop's own notification URL unless another is given."""
        asked = await _body(request)
        merchant = self._provider.shop(request.query.get("shop"))
        url = asked.get("url") or merchant.notifications_url
        if not isinstance(url, str) or not is_http_url(url) or not isinstance(asked.get("body"), dict):
            raise Refused("a body (JSON object) and a url are wanted; the shop has no notification URL")
        return asdict(await self._provider.notifications.forge(merchant.shop_id, url, asked["body"]))

    async def redeliver(self, request: web.Request) -> Json:
        item = find_notification(self._provider, request.match_info["n"])
        await self._provider.notifications.redeliver(item)
        return asdict(item)

    def _carry_out(self, action: str, record: PaymentRecord, body: Json) -> None:
        payments = self._provider.payments
        match action:
            case "pay":
                self._pay(record, body)
            case "decline":
                payments.decline(record, str(body.get("reason", "general_decline")))
            case "capture":
                payments.capture(record, body)
            case "cancel":
                payments.cancel(record)
            case "expire":
                payments.expire(record)

    def _pay(self, record: PaymentRecord, body: Json) -> None:
        card = body.get("card", record.method_wanted or DEFAULT.number)
        if card == "bank_card":
            card = DEFAULT.number
        choose_and_pay(self._provider, record, str(card))

    def _payment(self, record: PaymentRecord) -> Json:
        return self._provider.linked(self._provider.payments.shown(record))


def choose_and_pay(provider: Provider, record: PaymentRecord, choice: str) -> None:
    """`choice`: the number of a test card, "sbp" or "yoo_money"; Refused for anything else."""
    number = choice.replace(" ", "")
    if number == "sbp":
        provider.payments.pay_by_sbp(record)
    elif number == "yoo_money":
        provider.payments.pay_by_wallet(record)
    elif number in BY_NUMBER:
        provider.payments.pay_by_card(record, BY_NUMBER[number])
    else:
        raise Refused("Not a test card", "card")


def find_notification(provider: Provider, n: str) -> Notification:
    item = provider.notifications.log.get(int(n))
    if item is None:
        raise not_found("Notification", "n")
    return item


def _newest(records: Iterable[Item], request: web.Request) -> list[Item]:
    shop = request.query.get("shop")
    return [record for record in reversed(list(records)) if shop in (None, record.shop)]


def _json(answer: Answered) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(await answer(request))
        except Refused as refused:
            return web.json_response({"error": refused.description}, status=refused.status)

    return handler


async def _body(request: web.Request) -> Json:
    raw = await request.read()
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise Refused("the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused("a JSON object is wanted")
    return body


def _minor(value: Any) -> int | None:
    if isinstance(value, dict):
        value = value.get("value")
    if value is None:
        return None
    try:
        return minor_units(str(value))
    except ValueError:
        raise Refused("an amount such as 100.00 is wanted", "amount") from None
