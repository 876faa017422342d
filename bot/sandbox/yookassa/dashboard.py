"""The provider's dashboard: payments and refunds, notifications, settings, failures to switch on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup

from bot.sandbox.faults import UnknownSwitchError
from bot.sandbox.switches import SWITCHES, Kind, Value
from bot.sandbox.yookassa import dashboard_view as view
from bot.sandbox.yookassa.book import Merchant
from bot.sandbox.yookassa.control import find_notification
from bot.sandbox.yookassa.errors import Refused
from bot.sandbox.yookassa.money import minor_units
from bot.sandbox.yookassa.pages import EMPTY, Place, page, same_origin
from bot.sandbox.yookassa.provider import Provider
from bot.sandbox.yookassa.words import lang_of, words

Form = Mapping[str, object]
Do = Callable[[web.Request, Form], Awaitable[str]]
REFRESH = Markup('<meta http-equiv="refresh" content="3">\n')


def dashboard_routes(provider: Provider) -> list[web.RouteDef]:
    dashboard = Dashboard(provider)

    def post(path: str, do: Do) -> web.RouteDef:
        return web.post(f"/dashboard{path}", same_origin(_returning(do)))

    return [
        web.get("/dashboard", dashboard.show),
        post("/payments/{id}/refund", dashboard.refund),
        post("/payments/{id}/{action:capture|cancel|expire}", dashboard.move),
        post("/refunds/{id}/{end:succeed|refuse}", dashboard.settle),
        post("/notifications/{n:[0-9]+}/redeliver", dashboard.redeliver),
        post("/settings", dashboard.change_settings),
        post("/faults", dashboard.change_faults),
        post("/faults/preset", dashboard.use_preset),
    ]


class Dashboard:
    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def show(self, request: web.Request) -> web.Response:
        self._provider.expire_overdue()
        said = words(request.query.get("lang"))
        try:
            merchant = self._provider.shop(request.query.get("shop"))
        except Refused as refused:
            return web.Response(text=refused.description, status=refused.status)
        live = "live" in request.query
        place = Place(said, merchant.shop_id, live=live, zone=self._provider.zone)
        body = view.dashboard(self._provider, merchant, place, _message(request, place))
        return page(lang_of(said), said["dashboard"], "dashboard", body, head=REFRESH if live else EMPTY)

    async def refund(self, request: web.Request, form: Form) -> str:
        text = str(form.get("amount", "")).strip().replace(",", ".").replace("\u00a0", "").replace(" ", "")
        with self._provider.store.batch():
            payment = self._provider.payments.find(None, request.match_info["id"])
            merchant = self._provider.book.merchants[payment.shop]
            self._provider.refunds.by_hand(merchant, payment, _kopecks(text))
        return "done"

    async def move(self, request: web.Request, _: Form) -> str:
        payments = self._provider.payments
        with self._provider.store.batch():
            payment = payments.find(None, request.match_info["id"])
            match request.match_info["action"]:
                case "capture":
                    payments.capture(payment, {})
                case "cancel":
                    payments.cancel(payment)
                case _:
                    payments.expire(payment)
        return "done"

    async def settle(self, request: web.Request, _: Form) -> str:
        refunds = self._provider.refunds
        reason = None if request.match_info["end"] == "succeed" else "general_decline"
        with self._provider.store.batch():
            refunds.settle(refunds.find(None, request.match_info["id"]), reason=reason)
        return "done"

    async def redeliver(self, request: web.Request, _: Form) -> str:
        await self._provider.notifications.redeliver(
            find_notification(self._provider, request.match_info["n"])
        )
        return "done"

    async def change_settings(self, request: web.Request, form: Form) -> str:
        merchant: Merchant = self._provider.shop(request.query.get("shop"))
        changes: dict[str, str | bool] = {
            "notifications_url": str(form.get("notifications_url", "")).strip(),
            "refunds": "pending" if "refunds_pending" in form else "instant",
        }
        changes.update({name: name in form for name in ("receipts_required", "own_register", "test")})
        self._provider.change_settings(merchant, changes)
        return "saved"

    async def change_faults(self, _: web.Request, form: Form) -> str:
        try:
            self._provider.faults.set(**{s.name: _value(s.kind, s.name, form) for s in SWITCHES})
        except (UnknownSwitchError, ValueError) as error:
            raise Refused(str(error)) from error
        return "saved"

    async def use_preset(self, _: web.Request, form: Form) -> str:
        try:
            self._provider.faults.use(str(form.get("name")))
        except UnknownSwitchError as error:
            raise Refused(str(error)) from error
        return "saved"


def _returning(do: Do) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Does it, then sends the browser back to the dashboard with a word on how it went."""

    async def handler(request: web.Request) -> web.StreamResponse:
        kept = {name: request.query[name] for name in ("lang", "shop") if name in request.query}
        try:
            kept["said"] = await do(request, await request.post())
        except Refused as refused:
            kept["error"] = refused.description
        raise web.HTTPSeeOther(f"/dashboard?{urlencode(kept)}")

    return handler


def _message(request: web.Request, place: Place) -> str | None:
    if "error" in request.query:
        return request.query["error"]
    return place.said.get(request.query.get("said", ""))


def _kopecks(text: str) -> int | None:
    """None for an empty field: all that is left."""
    if not text:
        return None
    whole, _, cents = text.partition(".")
    try:
        return minor_units(f"{whole}.{cents.ljust(2, '0')}")
    except ValueError:
        raise Refused(f"Not an amount: {text}", "amount.value") from None


def _value(kind: Kind, name: str, form: Form) -> Value:
    text = str(form.get(name, "0")).strip().replace(",", ".") or "0"
    match kind:
        case Kind.FLAG:
            return name in form
        case Kind.COUNT | Kind.TIMES:
            return int(text)
        case Kind.PROBABILITY:
            return float(text) / 100
        case _:
            return float(text)
