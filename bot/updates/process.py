"""The way of one update, from polling and webhook alike: one connection, one statement to load, the handler, the
commit, and only then the replies. An update is confirmed to Telegram when `process` returns, and not when it raises.

What is committed need not come again, so slow replies keep nobody waiting: `process` returns without them, and they
are sent in the person's order.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any, cast
from weakref import WeakValueDictionary

import orjson
import structlog
from aiogram import Dispatcher
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.methods import AnswerCallbackQuery, AnswerPreCheckoutQuery, SendMessage
from aiogram.types import Update, User
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import metrics
from bot.chat.conversation import context_of
from bot.chat.replies import as_list
from bot.context import AppContext, Request
from bot.notifications.events import UpdateFailed
from bot.notifications.notify import notify_looked_into, raise_alert
from bot.sender import Method, ReplySender, send_all
from bot.texts import errors
from db import chats, updates
from db.chats import HandledElsewhereError, Person, TelegramProfile
from db.engine import Pool, is_retryable, is_unavailable
from db.errors import Refused
from db.jobs import RetryUpdateJob
from db.queue import enqueue

log = structlog.get_logger(__name__)

SPARE_CONNECTIONS = 2  # connections of the talk pool that no update may take
MAX_TRIES = 4  # of a transaction that met a deadlock or a serialization failure
RETRY_DELAY = timedelta(seconds=5)  # after the handler of a payment update has raised
KINDS = ("message", "callback_query", "pre_checkout_query", "my_chat_member")


class DatabaseUnavailableError(Exception):
    """The database is out of reach: the update is not confirmed and comes again."""


Wait = Callable[[], Awaitable[None]]


class UpdateProcessor:
    def __init__(self, context: AppContext, dispatcher: Dispatcher) -> None:
        self._context = context
        self._dispatcher = dispatcher
        self._gate = asyncio.Semaphore(max(1, context.database.talk_pool_size - SPARE_CONNECTIONS))
        # A lock is there as long as somebody holds it or waits for it.
        self._people: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._replies = ReplySender(context)

    async def process(self, raw: dict[str, Any], wait: Wait | None = None) -> None:
        """Handles an update as Telegram sent it. Never raises on an internal error: it is logged and answered.

        While the database is unavailable, `wait` is awaited before each further try, and the person's later updates
        wait too. Raises DatabaseUnavailableError where there is no `wait`, or where that raises it.
        """
        try:
            update = Update.model_validate(raw, context={"bot": self._context.bot})
        except ValidationError as error:
            log.error("update_unreadable", update_id=raw.get("update_id"), error=str(error))
            return
        user = _private_sender(update)
        if user is None:
            return
        if is_payment(update):
            replies = await self._handle(update, user, raw, Pool.MONEY, wait)
            sending = self._replies.send_now(replies)
        else:
            async with self._turn(user.id):
                replies = await self._handle(update, user, raw, Pool.TALK, wait)
                sending = self._replies.send_in_order(user.id, replies)
        await self._replies.wait_sent(sending)

    async def finish(self) -> None:
        """Waits until every reply is sent or enqueued."""
        await self._replies.finish()

    @asynccontextmanager
    async def _turn(self, telegram_id: int) -> AsyncIterator[None]:
        """Updates of one person run in order; people run side by side."""
        lock = self._people.setdefault(telegram_id, asyncio.Lock())
        async with lock:
            yield

    async def _handle(
        self, update: Update, user: User, raw: dict[str, Any], pool: Pool, wait: Wait | None
    ) -> list[Method]:
        """The replies, once what the update does is committed. Raises DatabaseUnavailableError."""
        while True:
            try:
                return with_answer(update, await self._once(update, user, raw, pool))
            except DatabaseUnavailableError:
                metrics.count_update(update, "put off")
                if wait is None:
                    raise
                await wait()

    async def _once(self, update: Update, user: User, raw: dict[str, Any], pool: Pool) -> list[Method]:
        try:
            replies = await self._commit(update, user, pool)
        except HandledElsewhereError:
            metrics.count_update(update, "repeated")
            return []
        except Exception as error:
            if is_unavailable(error):
                raise DatabaseUnavailableError from error
            metrics.count_update(update, "failed")
            log.exception("update_failed", update_id=update.update_id)
            return await self._after_error(update, user, raw, error)
        metrics.count_update(update, "handled")
        return replies

    async def _commit(self, update: Update, user: User, pool: Pool) -> list[Method]:
        for attempt in range(MAX_TRIES):
            try:
                async with self._gate if pool is Pool.TALK else nullcontext():
                    return await self._transaction(update, user, pool)
            except Exception as error:
                if not is_retryable(error) or attempt == MAX_TRIES - 1:
                    raise
                await asyncio.sleep(0.02 * 2**attempt)
        raise AssertionError("unreachable")

    async def _transaction(self, update: Update, user: User, pool: Pool) -> list[Method]:
        context = self._context
        now = context.now()
        language = context.localizer.language(None, user.language_code)
        try:
            async with context.database.transaction(pool) as session:
                person = await chats.load_person(
                    session,
                    profile(user),
                    context.bot.id,
                    update.update_id,
                    now,
                    read_only=pool is Pool.MONEY,
                )
                if person.handled:
                    return []
                language = context.localizer.language(person.language, person.telegram_language)
                with context.localizer.use_locale(language):
                    answer = await self._feed(update, session, person, now)
                await self._persist(session, person, update, now)
        except Refused as refused:
            if is_payment(update):
                raise  # what was paid is not answered with a no: it is stored for a retry
            if await self._handled_meanwhile(update, pool):
                return []
            with context.localizer.use_locale(language):
                return [SendMessage(chat_id=user.id, text=errors.say(refused))]
        return [] if answer is UNHANDLED else as_list(answer)

    async def _handled_meanwhile(self, update: Update, pool: Pool) -> bool:
        """Another process had the same update, and what it did is why ours was refused: it has answered."""
        async with self._context.database.transaction(pool) as session:
            return await updates.is_handled(session, self._context.bot.id, update.update_id)

    async def _feed(self, update: Update, session: AsyncSession, person: Person, now: datetime) -> Any:
        """Handlers name as arguments what they need: `request`, or parts of it."""
        context, state = self._context, context_of(self._context.bot.id, person)
        request = Request(cast(Any, update.event), session, person, state, context, now)
        return await self._dispatcher.feed_update(
            context.bot,
            update,
            request=request,
            context=context,
            session=session,
            person=person,
            state=state,
            raw_state=person.state,
            now=now,
        )

    async def _persist(self, session: AsyncSession, person: Person, update: Update, now: datetime) -> None:
        """Saves chat state, session activity and the update id in the same transaction."""
        if not is_payment(update):
            await chats.save_state(session, person)
            await chats.mark_seen(session, person, now, timedelta(days=self._context.settings.session_days))
        await chats.mark_handled(session, self._context.bot.id, update.update_id)

    async def _after_error(
        self, update: Update, user: User, raw: dict[str, Any], error: Exception
    ) -> list[Method]:
        """Unhandled exception: payment updates are stored for a retry, others get an error message."""
        context = self._context
        with context.localizer.use_locale(context.localizer.language(None, user.language_code)):
            if update.pre_checkout_query:
                query = update.pre_checkout_query.id
                return [
                    AnswerPreCheckoutQuery(
                        pre_checkout_query_id=query, ok=False, error_message=str(errors.PAYMENT_NOT_NOW)
                    )
                ]
            if is_payment(update):
                await self._record_failed(update, raw, error)
                return []
            return [SendMessage(chat_id=user.id, text=str(errors.APOLOGY))]

    async def _record_failed(self, update: Update, raw: dict[str, Any], error: Exception) -> None:
        try:
            async with self._context.database.transaction(Pool.MONEY) as session:
                body = orjson.dumps(raw).decode()
                kept = await updates.record_failed(
                    session, self._context.bot.id, update.update_id, body, repr(error)
                )
                if kept is not None:
                    key = f"retry_update:{kept}"
                    await enqueue(session, RetryUpdateJob(id=kept), after=RETRY_DELAY, key=key)
                    await self._notify_failed(session, update, kept, error)
        except Exception as second:
            # Not stored, so it must come again, whatever the reason was.
            raise DatabaseUnavailableError from second

    async def _notify_failed(
        self, session: AsyncSession, update: Update, kept: int, error: Exception
    ) -> None:
        await raise_alert(session, self._context, UpdateFailed(subject=str(kept), error=repr(error)[:300]))
        message = update.message
        if message is not None and (paid := message.successful_payment) is not None:
            await notify_looked_into(
                session, self._context, message.chat.id, paid.total_amount, paid.currency
            )

    async def retry(self, raw: dict[str, Any]) -> None:
        """A stored payment update, once more. Raises what its handler raises."""
        update = Update.model_validate(raw, context={"bot": self._context.bot})
        user = _private_sender(update)
        if user is None:
            return
        try:
            replies = await self._commit(update, user, Pool.MONEY)
        except HandledElsewhereError:
            return
        await send_all(self._context, replies)


def is_payment(update: Update) -> bool:
    """Payment updates come first and unhindered."""
    message = update.message
    paid = message is not None and (message.successful_payment or message.refunded_payment)
    return bool(paid) or update.pre_checkout_query is not None


def _private_sender(update: Update) -> User | None:
    """Who acts; None for what the bot does not answer: groups, channels, other bots, kinds we did not ask for."""
    if update.pre_checkout_query:
        return update.pre_checkout_query.from_user
    if update.message:
        chat, user = update.message.chat, update.message.from_user
    elif update.callback_query and update.callback_query.message:
        chat, user = update.callback_query.message.chat, update.callback_query.from_user
    elif update.my_chat_member:
        chat, user = update.my_chat_member.chat, update.my_chat_member.from_user
    else:
        return None
    if chat.type != "private" or user is None or user.is_bot:
        return None
    return user


def profile(user: User) -> TelegramProfile:
    name = " ".join(part for part in (user.first_name, user.last_name) if part).replace("\x00", "")
    return TelegramProfile(user.id, name or str(user.id), user.username, user.language_code)


def with_answer(update: Update, replies: list[Method]) -> list[Method]:
    """Every pressed button is answered, so that it stops turning."""
    query = update.callback_query
    if query is None or any(isinstance(method, AnswerCallbackQuery) for method in replies):
        return replies
    return [AnswerCallbackQuery(callback_query_id=query.id), *replies]
