"""How a bot gets its updates: long polling, or a webhook."""

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.telegram.accounts import Account, Webhook
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import bad_request, conflict
from bot.sandbox.telegram.methods.registry import method
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.updates import Queue

Json = dict[str, Any]
POLL_MAX = 50  # seconds
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)
HOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"


@method("getUpdates")
async def get_updates(ctx: Context, bot: Account, params: Params) -> list[Json]:
    """Of two calls at once the older one ends with 409, as in Telegram."""
    if bot.webhook.url:
        raise conflict(HOOK_ACTIVE)
    queue = ctx.updates.queue(bot.id)
    _keep_allowed(ctx, bot, params)
    queue.poller += 1
    queue.poller_ended_by = OTHER_POLLER
    queue.wake()
    _confirm(queue, params.integer("offset", 0))
    seconds = min(max(params.integer("timeout", 0), 0), POLL_MAX)
    limit = min(max(params.integer("limit", 100), 1), 100)
    return await _poll(ctx, queue, limit, seconds)


async def _poll(ctx: Context, queue: Queue, limit: int, seconds: float) -> list[Json]:
    loop = asyncio.get_running_loop()
    mine, deadline = queue.poller, loop.time() + seconds
    while True:
        queue.drop_expired()
        if queue.poller != mine:
            raise conflict(queue.poller_ended_by)
        left = deadline - loop.time()
        if queue.pending or left <= 0 or ctx.closing:
            return queue.take(limit)
        await queue.arrival(left)


def _confirm(queue: Queue, offset: int) -> None:
    if offset < 0:  # all but the last ones are forgotten
        offset = (sorted(queue.pending)[offset:] or [0])[0]
    queue.confirm_below(offset)


def _keep_allowed(ctx: Context, bot: Account, params: Params) -> None:
    """A list that is not given leaves the previous one in force."""
    allowed = params.listing("allowed_updates")
    if allowed is not None and list(map(str, allowed)) != bot.allowed_updates:
        bot.allowed_updates = list(map(str, allowed))
        ctx.accounts.save(bot)


@method("setWebhook")
def set_webhook(ctx: Context, bot: Account, params: Params) -> bool:
    url = params.text("url").strip()
    if not url:
        return delete_webhook(ctx, bot, params)
    _check_address(url)
    secret = params.text("secret_token")
    if secret and SECRET.fullmatch(secret) is None:
        raise bad_request("secret token contains unallowed characters")
    connections = params.integer("max_connections", 40)
    if not 1 <= connections <= 100:
        raise bad_request("max_connections must be 1 to 100")
    _keep_allowed(ctx, bot, params)
    certificate = "certificate" in params.uploads
    bot.webhook = Webhook(url, secret, connections, params.text("ip_address"), certificate)
    return _changed(ctx, bot, params, "terminated by setWebhook request")


@method("deleteWebhook")
def delete_webhook(ctx: Context, bot: Account, params: Params) -> bool:
    bot.webhook = Webhook()
    return _changed(ctx, bot, params, "terminated by setWebhook request")


def _changed(ctx: Context, bot: Account, params: Params, reason: str) -> bool:
    queue = ctx.updates.queue(bot.id)
    if params.flag("drop_pending_updates"):
        queue.clear()
    if bot.webhook.url:
        queue.poller += 1
        queue.poller_ended_by = reason
        queue.wake()
    ctx.accounts.save(bot)
    ctx.updates.on_rerouted(bot)
    return True


def _check_address(url: str) -> None:
    """Plain http is welcome: a local server has no certificate, and the real local Bot API server takes it too."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not parts.hostname:
        raise bad_request("bad webhook: invalid webhook URL specified")


@method("getWebhookInfo")
def get_webhook_info(ctx: Context, bot: Account, params: Params) -> Json:
    hook, queue = bot.webhook, ctx.updates.queue(bot.id)
    queue.drop_expired()
    info: Json = {
        "url": hook.url,
        "has_custom_certificate": hook.has_custom_certificate,
        "pending_update_count": len(queue.pending),
    }
    if hook.url:
        info["max_connections"] = hook.max_connections
        optional = ("ip_address", "last_error_date", "last_error_message")
        info |= {name: getattr(hook, name) for name in optional if getattr(hook, name)}
    return info | ({"allowed_updates": bot.allowed_updates} if bot.allowed_updates else {})
