"""Updates that could not be handled or not even be read: kept raw, and what the person is told instead."""

import json
from datetime import timedelta
from typing import TypeVar

import structlog
from aiogram.methods import AnswerCallbackQuery, AnswerPreCheckoutQuery, SendMessage
from aiogram.types import Update, User
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.replies import Method
from bot.context import AppContext
from bot.notifications.alert_events import UpdateFailed
from bot.notifications.notify import notify_looked_into, raise_alert
from bot.texts import errors
from bot.updates.reading import PAYMENTS, Raw, UnreadableError, is_payment, money_in, shallow
from db import updates
from db.engine import Pool
from db.jobs import RetryUpdateJob
from db.queue import enqueue

log = structlog.get_logger(__name__)

RETRY_DELAY = timedelta(seconds=5)  # after the handler of a payment update has raised
MAX_ERROR = 300  # characters of an error that are told
Id = TypeVar("Id", str, int)


async def after_error(
    context: AppContext, update: Update, user: User, raw: Raw, error: Exception
) -> list[Method]:
    """The replies after an unhandled exception: a payment update is stored for a retry, others get an error message.

    Raises what the database raises where it can't be stored.
    """
    with context.localizer.use_language_of(None, user.language_code):
        if update.pre_checkout_query:
            return [_decline(update.pre_checkout_query.id)]
        if is_payment(update):
            await _store_for_retry(context, raw, error)
            return []
        return [SendMessage(chat_id=user.id, text=str(errors.APOLOGY))]


async def keep_unreadable(context: AppContext, raw: Raw, error: UnreadableError) -> list[Method]:
    """The replies to an update that can't be read: whoever waits for an answer gets one.

    Raises what the database raises where it can't be stored.
    """
    money = money_in(raw)
    log.error("update_unreadable", update_id=raw["update_id"], error=error)
    if money is not None and "message" in money:
        await _store_for_retry(context, raw, error)
    else:
        async with context.database.transaction(Pool.MONEY) as session:
            kept = await _store(session, context, raw, error, solved=True)
            await updates.delete_solved(session, context.now() - updates.SOLVED_KEPT)
            if money is not None and kept is not None:
                await raise_alert(session, context, _alert(kept, error))
    return _answers(context, raw)


async def _store_for_retry(context: AppContext, raw: Raw, error: Exception) -> None:
    async with context.database.transaction(Pool.MONEY) as session:
        kept = await _store(session, context, raw, error, solved=False)
        if kept is None:
            return
        key = f"retry_update:{kept}"
        await enqueue(session, RetryUpdateJob(id=kept), after=RETRY_DELAY, key=key)
        await raise_alert(session, context, _alert(kept, error))
        await _tell_payer(session, context, raw)


async def _store(
    session: AsyncSession, context: AppContext, raw: Raw, error: Exception, *, solved: bool
) -> int | None:
    body, solved_at = json.dumps(shallow(raw), ensure_ascii=False), context.now() if solved else None
    return await updates.keep_failed(
        session, context.bot.id, raw["update_id"], body, repr(error), context.now(), solved_at
    )


def _alert(kept: int, error: Exception) -> UpdateFailed:
    return UpdateFailed(subject=str(kept), error=repr(error)[:MAX_ERROR])


async def _tell_payer(session: AsyncSession, context: AppContext, raw: Raw) -> None:
    """As far as the raw payment says who they are and what it was."""
    message = (money_in(raw) or {}).get("message", {})
    paid, payer = message.get(PAYMENTS[0]), message.get("from", {}).get("id")
    if not isinstance(paid, dict) or type(payer) is not int:
        return
    amount, currency = paid.get("total_amount"), paid.get("currency")
    if type(amount) is int and isinstance(currency, str):
        await notify_looked_into(session, context, payer, amount, currency)


def _answers(context: AppContext, raw: Raw) -> list[Method]:
    """A pre-checkout query gets a no, a button is let go, words get the apology; from whatever can be read of them."""
    with context.localizer.use_locale(context.settings.default_language):
        if query := id_of(raw.get("pre_checkout_query"), str):
            return [_decline(query)]
        if query := id_of(raw.get("callback_query"), str):
            return [AnswerCallbackQuery(callback_query_id=query, text=str(errors.APOLOGY))]
        message = raw.get("message")
        if isinstance(message, dict) and (chat := id_of(message.get("chat"), int)):
            private = message["chat"].get("type") == "private" and chat == id_of(message.get("from"), int)
            return [SendMessage(chat_id=chat, text=str(errors.APOLOGY))] if private else []
    return []


def id_of(thing: object, kind: type[Id]) -> Id | None:
    found = thing.get("id") if isinstance(thing, dict) else None
    return found if type(found) is kind else None


def _decline(query_id: str) -> Method:
    return AnswerPreCheckoutQuery(
        pre_checkout_query_id=query_id, ok=False, error_message=str(errors.PAYMENT_NOT_NOW)
    )
