"""One method call of a bot, from its name to the answer Telegram would give."""

import inspect
import logging
from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import ApiError, bad_request, not_found
from bot.sandbox.telegram.keyboards import without_disabled
from bot.sandbox.telegram.methods import find_method
from bot.sandbox.telegram.methods.limits import refuse_unsupported
from bot.sandbox.telegram.params import Params

log = logging.getLogger(__name__)
Json = dict[str, Any]
RETRY_AFTER = 1  # seconds a switched-on 429 asks for
POLLING = "getupdates"
NEWER = frozenset({"sendrichmessage"})  # which an older Bot API server does not know


async def perform(ctx: Context, account: Account, name: str, params: Params) -> Json:
    """The whole answer, `{"ok": …}`; every call but polling is kept for `/sandbox/calls`."""
    try:
        _inject_failure(ctx, name)
        result = await _result(ctx, account, name, params)
    except ApiError as error:
        answer = refusal(error)
    else:
        answer = {"ok": True, "result": result}
    if name.lower() != POLLING:
        outcome = answer.get("result", answer.get("description"))
        ctx.log_call(account.id, name, params.as_logged(), answer["ok"], outcome)
    return answer


async def _result(ctx: Context, account: Account, name: str, params: Params) -> Any:
    function = find_method(name)
    if ctx.faults.get("telegram_old"):
        if name.lower() in NEWER:
            raise not_found("method not found")
        forget_disabled(params)
    if function is None:
        refused = _unsupported(name)
        log.error("bot %s called %s, which the sandbox does not have", account.id, name)
        ctx.hub.publish(account.id, None, "problem", method=name, description=refused.description)
        raise refused
    refuse_unsupported(name, params)
    with ctx.store.batch():
        result = function(ctx, account, params)
    return await result if inspect.isawaitable(result) else result


def forget_disabled(params: Params) -> None:
    """A field of buttons that a server before 10.3 does not know."""
    if "reply_markup" in params:
        params.values["reply_markup"] = without_disabled(params.mapping("reply_markup"))


def _unsupported(name: str) -> ApiError:
    """No 404: libraries read it as a wrong token (python-telegram-bot raises InvalidToken)."""
    return bad_request(f"method {name} is not supported by the sandbox")


def refusal(error: ApiError) -> Json:
    answer: Json = {"ok": False, "error_code": error.code, "description": error.description}
    return answer | ({"parameters": error.parameters} if error.parameters else {})


def _inject_failure(ctx: Context, name: str) -> None:
    """The switched-on failures; polling is spared, or it would use them all up."""
    if name.lower() == POLLING:
        return
    if ctx.faults.take("telegram_429"):
        what = f"Too Many Requests: retry after {RETRY_AFTER}"
        raise ApiError(429, what, retry_after=RETRY_AFTER)
    if ctx.faults.take("telegram_5xx"):
        raise ApiError(502, "Bad Gateway")
