"""The HTTP side: Telegram's updates, the provider's callbacks, the payer's return, and how we are."""

import secrets
from typing import Any

import orjson
import structlog
from aiogram.methods import AnswerCallbackQuery
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot import metrics
from bot.context import AppContext
from bot.texts import pages
from bot.updates.process import DatabaseUnavailableError, UpdateProcessor
from bot.updates.reading import get_update_id
from db import mail
from db.certificates import find_certificate
from db.engine import Pool, is_unavailable
from db.payments.callbacks import Received
from db.payments.methods import YOOKASSA_ID
from handlers.http_limits import (
    MAX_BODY,
    MAX_UPDATE,
    BusyError,
    Gate,
    answer_failures,
    read_json,
    refuse_compressed,
)
from handlers.recording import Recorder

log = structlog.get_logger(__name__)

RETRY = {"Retry-After": "3"}
RETRY_LATER = {"Retry-After": "300"}
UNSUBSCRIBE = "/unsubscribe/{token:[A-Za-z0-9_-]{16,64}}"
PRIVATE = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
MAX_KEY = 64  # characters: docs/facts.md#idempotence


def build(context: AppContext, processor: UpdateProcessor | None) -> web.Application:
    """`processor` is None where no updates come by HTTP (polling)."""
    side = HttpEndpoints(context, processor)
    app = web.Application(client_max_size=MAX_UPDATE, middlewares=[answer_failures, refuse_compressed])
    keyed = context.settings.yookassa_webhook_key is not None
    app.add_routes(
        [
            web.post("/telegram/webhook", side.telegram),
            web.route("*", "/yookassa/webhook/{key}", side.yookassa_keyed)
            if keyed
            else web.post("/yookassa/webhook", side.yookassa),
            web.get("/paid", side.paid),
            web.get(UNSUBSCRIBE, side.ask_unsubscribe),
            web.post(UNSUBSCRIBE, side.unsubscribe),
            web.get("/certificate/{number}", side.certificate),
            web.get("/healthz", side.healthz),
            web.get("/readyz", side.readyz),
            web.get("/metrics", side.metrics),
        ]
    )
    return app


class HttpEndpoints:
    def __init__(self, context: AppContext, processor: UpdateProcessor | None) -> None:
        self._context = context
        self._processor = processor
        self._recorder = Recorder(context.database)
        self._unsubscribing = Gate(1, 20)
        self._checking = Gate(1, 20)
        self._gauges = metrics.Gauges(context.database)

    async def telegram(self, request: web.Request) -> web.Response:
        """200 only when the update was handled; 503 while the database is out of reach, so that it comes again."""
        secret = self._context.settings.webhook_secret
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "").encode("utf-8", "surrogateescape")
        if self._processor is None or secret is None:
            raise web.HTTPNotFound
        if not secrets.compare_digest(given, secret.get_secret_value().encode()):
            raise web.HTTPUnauthorized
        raw, _ = await read_json(request, self._context.timings.body)
        if get_update_id(raw) is None:
            raise web.HTTPBadRequest(text="not an update")
        try:
            answer = await self._processor.process(raw, answers=True)
        except DatabaseUnavailableError:
            log.warning("update_put_off", update_id=raw["update_id"])
            return web.Response(status=503, headers=RETRY)
        return web.Response() if answer is None else _call(answer)

    async def yookassa_keyed(self, request: web.Request) -> web.Response:
        """404 unless the address ends in the key, so that nobody learns that there is one."""
        key = self._context.settings.yookassa_webhook_key
        given = request.match_info["key"].encode("utf-8", "surrogateescape")
        if key is None or not secrets.compare_digest(given, key.get_secret_value().encode()):
            raise web.HTTPNotFound
        if request.method != "POST":
            raise web.HTTPMethodNotAllowed(request.method, ["POST"])
        return await self.yookassa(request)

    async def yookassa(self, request: web.Request) -> web.Response:
        """A callback is recorded and answered; a job verifies it. 5xx only when it could not be recorded.

        Unknown events and strange ids are answered 200: anything else comes again for 24 hours
        (docs/facts.md#callbacks).
        """
        body, raw = await read_json(request.clone(client_max_size=MAX_BODY), self._context.timings.body)
        event, thing = body.get("event"), body.get("object")
        if body.get("type") != "notification" or not isinstance(event, str) or not isinstance(thing, dict):
            raise web.HTTPBadRequest(text="not a notification")
        payment_id = _payment_id(event, thing)
        if payment_id is None:
            metrics.count_callback(event, "ignored")
            log.warning("callback_ignored", callback_event=event[:64])
            return web.Response()
        try:
            object_id = str(thing.get("id")).replace("\x00", "")[:64]
            received = Received(event, object_id, payment_id, raw, self._context.now(), _key(thing))
            taken = await self._recorder.record(received)
        except BusyError:
            taken = False
        except Exception:
            metrics.count_callback(event, "not recorded")
            log.exception("callback_not_recorded", callback_event=event)
            return web.Response(status=503, headers=RETRY)
        if not taken:
            # A true one comes again for 24 hours, and reconciliation finds its payment.
            metrics.count_callback(event, "turned away")
            return web.Response(status=503, headers=RETRY_LATER)
        metrics.count_callback(event, "recorded")
        return web.Response()

    async def paid(self, request: web.Request) -> web.Response:
        with self._context.localizer.use_locale(_language(request, self._context)):
            page = pages.paid(f"https://t.me/{self._context.username}?start=paid")
        return web.Response(text=page, content_type="text/html")

    async def ask_unsubscribe(self, request: web.Request) -> web.Response:
        """Changes nothing: mail programs open links by themselves. Whether there is such a token is not said."""
        with self._context.localizer.use_locale(_language(request, self._context)):
            return _private_page(pages.ask_unsubscribe())

    async def unsubscribe(self, request: web.Request) -> web.Response:
        """By the page's button, or by a mail program's one click (RFC 8058). Unknown tokens get the same answer."""
        try:
            async with self._unsubscribing, self._context.database.transaction(Pool.TALK) as session:
                await mail.record_unsubscribed(session, request.match_info["token"], self._context.now())
        except Exception as error:
            if not isinstance(error, BusyError) and not is_unavailable(error):
                raise
            return web.Response(status=503, headers=RETRY)
        with self._context.localizer.use_locale(_language(request, self._context)):
            return _private_page(pages.unsubscribed())

    async def certificate(self, request: web.Request) -> web.Response:
        """What it says, or that it is void. 404 for whatever else the number is: nobody learns more by trying."""
        try:
            async with self._checking, self._context.database.transaction(Pool.TALK) as session:
                found = await find_certificate(session, request.match_info["number"])
        except Exception as error:
            if not isinstance(error, BusyError) and not is_unavailable(error):
                raise
            return web.Response(status=503, headers=RETRY)
        with self._context.localizer.use_locale(_language(request, self._context)):
            return _private_page(pages.certificate(found), 404 if found is None else 200)

    async def healthz(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def readyz(self, request: web.Request) -> web.Response:
        try:
            await self._context.database.check_usable()
        except Exception as error:
            log.warning("not_ready", error=error)
            return web.Response(status=503, text="the database is not usable")
        return web.Response(text="ok")

    async def metrics(self, request: web.Request) -> web.Response:
        await self._gauges.refresh()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _private_page(page: str, status: int = 200) -> web.Response:
    return web.Response(text=page, status=status, content_type="text/html", headers=PRIVATE)


def _payment_id(event: str, thing: dict[str, Any]) -> str | None:
    """The payment it is about; None where we have nothing to fetch. The id's form is checked before it gets
    anywhere near a path (docs/facts.md#yookassa-sdk)."""
    found = None
    if event in metrics.PAYMENT_EVENTS:
        found = thing.get("id")
    elif event in metrics.REFUND_EVENTS:
        found = thing.get("payment_id")
    return found if isinstance(found, str) and YOOKASSA_ID.fullmatch(found) else None


def _key(thing: dict[str, Any]) -> str | None:
    """Our idempotence key, where the metadata has one: it says for which purchase the payment claims to be."""
    metadata = thing.get("metadata")
    key = metadata.get("key") if isinstance(metadata, dict) else None
    return key[:MAX_KEY].replace("\x00", "") if isinstance(key, str) else None


def _call(method: AnswerCallbackQuery) -> web.Response:
    """In the answer to an update, Telegram reads a method that it is to carry out. This one has no words."""
    body = orjson.dumps({"method": method.__api_method__, "callback_query_id": method.callback_query_id})
    return web.Response(body=body, content_type="application/json")


def _language(request: web.Request, context: AppContext) -> str:
    wanted = request.headers.get("Accept-Language", "")[:2]
    return context.localizer.language(wanted, None)
