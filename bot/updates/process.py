"""The way of one update, from polling and webhook alike: one connection, one statement to load, the handler, the
commit, and only then the replies. An update is confirmed to Telegram when `process` returns, and not when it raises.

What is committed need not come again, so slow replies keep nobody waiting: `process` returns without them, and they
are sent in the person's order.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast
from weakref import WeakValueDictionary

import structlog
from aiogram import Dispatcher
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.methods import AnswerCallbackQuery, SendMessage
from aiogram.types import Message, Update, User
from sqlalchemy.ext.asyncio import AsyncSession

from bot import metrics
from bot.chat.conversation import SupportQuestion, context_of
from bot.chat.replies import as_list
from bot.chat.rights import Right, may
from bot.chat.topics import topic_of
from bot.context import AppContext, Request
from bot.replying import ReplySender
from bot.sender import Method, send_all
from bot.texts import errors
from bot.updates.answering import complete, take_answer
from bot.updates.failed import after_error, id_of, keep_unreadable
from bot.updates.limits import Admission, PersonLimits
from bot.updates.names import ask_telegram
from bot.updates.put_off import PutOffReasons
from bot.updates.reading import Incoming, Raw, UnreadableError, is_payment, money_in, profile, read
from bot.updates.refusing import refusal
from db import chats, updates
from db.ahead import Ahead
from db.chats import Person
from db.engine import Pool, is_retryable, is_unavailable
from db.errors import NameUnconfirmed, Refused
from db.lessons.unlocking import record_seen_access
from db.locks import lock

log = structlog.get_logger(__name__)
Wait = Callable[[], Awaitable[None]]
Asks = Callable[[Update], Ahead | None]  # what its handler is going to ask

SPARE_CONNECTIONS = 2  # connections of the talk pool that no update may take
MAX_TRIES = 4  # of a transaction that met a deadlock or a serialization failure
WHOLE_ALBUMS = {SupportQuestion.message.state}  # where each picture is wanted


class DatabaseUnavailableError(Exception):
    """The database is out of reach: the update is not confirmed and comes again."""


class UpdateProcessor:
    def __init__(self, context: AppContext, dispatcher: Dispatcher, ahead: Asks) -> None:
        self._context = context
        self._dispatcher, self._ahead = dispatcher, ahead
        self._gate = asyncio.Semaphore(max(1, context.database.talk_pool_size - SPARE_CONNECTIONS))
        # A lock is there as long as somebody holds it or waits for it.
        self._people: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self.alone = True  # no other process takes updates: a person's turn holds in one
        self.replies = ReplySender(context)
        self._reasons = PutOffReasons()
        timings, owners = context.timings, context.settings.admin_ids
        self._limits = PersonLimits(timings.burst, timings.every.total_seconds(), owners)

    async def process(
        self, raw: Raw, wait: Wait | None = None, *, answers: bool = False
    ) -> AnswerCallbackQuery | None:
        """Handles an update as Telegram sent it. Never raises on an internal error: it is logged and answered. Returns
        the answer to a pressed button, unsent, with `answers`.

        While the database is unavailable, `wait` is awaited before each further try, and the person's later updates
        wait too. Raises DatabaseUnavailableError where there is no `wait`, or where that raises it.
        """
        if self._is_refused_unread(raw):
            metrics.UPDATES.labels("message", "turned away").inc()
            return None
        with topic_of(raw):
            try:
                incoming = read(raw, self._context.bot)
            except UnreadableError as error:
                replies = await self._until_available(partial(self._keep_unreadable, raw, error), wait)
                answer, sending = None, self.replies.send_now(replies)
            else:
                if incoming is None:
                    return None
                if incoming.dropped:
                    log.warning("update_mended", update_id=raw["update_id"], dropped=incoming.dropped)
                answer, sending = await self._take(incoming, raw, wait, answers=answers)
        if answer is None:  # else the button is let go at once
            await self.replies.wait_sent(sending)
        return answer

    async def _take(
        self, incoming: Incoming, raw: Raw, wait: Wait | None, *, answers: bool
    ) -> tuple[AnswerCallbackQuery | None, asyncio.Task[None]]:
        """Handled, and its replies on their way, without the answer that is kept for `process`."""
        update, user = incoming.update, incoming.user

        def completed(replies: list[Method]) -> tuple[AnswerCallbackQuery | None, list[Method]]:
            replies = complete(update, replies)
            return (take_answer(replies) if answers else None), replies

        if user is None:
            answer, replies = completed([])
            return answer, self.replies.send_now(replies)
        handle = partial(self._once, incoming, user, raw)
        if is_payment(update):
            replies = await self._until_available(partial(handle, Pool.MONEY), wait)
            return None, self.replies.send_now(replies)
        if (admission := self._admit(user)) is not Admission.ADMITTED:
            answer, replies = completed(self._turn_away(update, user, admission))
            return answer, self.replies.send_now(replies)
        try:
            async with self._turn(user.id):
                answer, replies = completed(await self._until_available(partial(handle, Pool.TALK), wait))
                return answer, self.replies.send_in_order(user.id, replies)
        except DatabaseUnavailableError:
            self._limits.give_back(user.id)
            raise

    def _admit(self, user: User) -> Admission:
        return self._limits.admit(user.id, asyncio.get_running_loop().time())

    def _is_refused_unread(self, raw: Raw) -> bool:
        """One more message of who writes far too much: reading it would cost more than all that is done with it, and
        somebody may be paying behind it."""
        message = raw.get("message")
        telegram_id = id_of(message.get("from") if isinstance(message, dict) else None, int)
        if telegram_id is None:
            return False
        refused = self._limits.refuses(telegram_id, asyncio.get_running_loop().time())
        return refused and money_in(raw) is None

    def _turn_away(self, update: Update, user: User, admission: Admission) -> list[Method]:
        """Beyond what a person may ask: nothing is handled, and they are told once."""
        metrics.count_update(update, "turned away")
        if admission is Admission.REFUSED:
            return []
        with self._context.localizer.use_language_of(None, user.language_code):
            return [SendMessage(chat_id=user.id, text=str(errors.TOO_FAST))]

    async def finish(self) -> None:
        """Waits until every reply is sent or enqueued."""
        await self.replies.finish()

    def _turn(self, telegram_id: int) -> asyncio.Lock:
        """Updates of one person run in order; people run side by side."""
        return self._people.setdefault(telegram_id, asyncio.Lock())

    async def _until_available(
        self, operation: Callable[[], Awaitable[list[Method]]], wait: Wait | None
    ) -> list[Method]:
        """The replies, once what the update does is committed. Raises DatabaseUnavailableError."""
        while True:
            try:
                return await operation()
            except DatabaseUnavailableError as error:
                self._reasons.tell(error.__cause__ or error)
                if wait is None:
                    raise
                await wait()

    async def _once(self, incoming: Incoming, user: User, raw: Raw, pool: Pool) -> list[Method]:
        update = incoming.update
        try:
            replies = await self._commit(incoming, user, pool)
        except updates.HandledElsewhereError:
            metrics.count_update(update, "repeated")
            return []
        except Exception as error:
            if is_unavailable(error):
                metrics.count_update(update, "put off")
                raise DatabaseUnavailableError from error
            metrics.count_update(update, "failed")
            log.exception("update_failed", update_id=update.update_id)
            return await _kept(after_error(self._context, update, user, raw, error))
        metrics.count_update(update, "handled")
        return replies

    async def _keep_unreadable(self, raw: Raw, error: UnreadableError) -> list[Method]:
        return await _kept(keep_unreadable(self._context, raw, error))

    async def _commit(self, incoming: Incoming, user: User, pool: Pool) -> list[Method]:
        for attempt in range(MAX_TRIES):
            try:
                async with self._gate if pool is Pool.TALK else nullcontext():
                    return await self._transaction(incoming, user, pool)
            except Exception as error:
                if not is_retryable(error) or attempt == MAX_TRIES - 1:
                    raise
                await asyncio.sleep(0.02 * 2**attempt)
        raise AssertionError("unreachable")

    async def _transaction(self, incoming: Incoming, user: User, pool: Pool) -> list[Method]:
        context, update = self._context, incoming.update
        now, talks = context.now(), pool is Pool.TALK
        language = context.localizer.language(None, user.language_code)
        try:
            async with context.database.transaction(pool) as session:
                if not self.alone and talks:
                    await lock(session, f"updates of {user.id}")
                load = partial(chats.load_person, ahead=self._ahead(update) if talks else None)
                person = await load(
                    session, profile(user), context.bot.id, update.update_id, now, read_only=not talks
                )
                self._limits.record_seen(user.id, is_admin=may(person, context.settings))
                if person.handled or not await self._is_asked(session, person, incoming):
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
                if isinstance(refused, NameUnconfirmed):
                    return [await ask_telegram(context, update, user.id, refused, pool)]
                return [refusal(user.id, refused)]
        return [] if answer is UNHANDLED else as_list(answer)

    async def _handled_meanwhile(self, update: Update, pool: Pool) -> bool:
        """Another process had the same update, and what it did is why ours was refused: it has answered."""
        async with self._context.database.transaction(pool) as session:
            return await updates.is_handled(session, self._context.bot.id, update.update_id)

    async def _is_asked(self, session: AsyncSession, person: Person, incoming: Incoming) -> bool:
        """Whether the message asks for an answer of its own: not one more of an album, and an edited one only where
        it answered a question that is open still."""
        message = incoming.update.message
        if message is None or is_payment(incoming.update):
            return True
        if incoming.is_edit:
            return chats.answers_open_question(person, message.message_id, message.date)
        if message.media_group_id is not None and not self._wants_whole_albums(person, message):
            return await chats.begin_album(session, person.telegram_id, message.media_group_id)
        return True

    def _wants_whole_albums(self, person: Person, message: Message) -> bool:
        """Writing to the school; and an admin's answer to that, which replies to its card."""
        if person.state in WHOLE_ALBUMS:
            return True
        return message.reply_to_message is not None and may(person, self._context.settings, Right.SUPPORT)

    async def _feed(self, update: Update, session: AsyncSession, person: Person, now: datetime) -> Any:
        """Handlers name as arguments what they need: `request`, or parts of it. Straight to the routers: what aiogram
        does before is for bots without a `Person`."""
        context, state = self._context, context_of(self._context.bot.id, person)
        request = Request(cast(Any, update.event), session, person, state, context, now)
        return await self._dispatcher.propagate_event(
            update.event_type,
            update.event,
            bot=context.bot,
            event_update=update,
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
            keep = timedelta(days=self._context.settings.session_days)
            if await chats.mark_seen(session, person, now, keep):
                await record_seen_access(session, [person.user_id], now)
            await chats.save_state(session, person, now)
        await updates.mark_handled(session, self._context.bot.id, update.update_id, now)

    async def retry(self, raw: Raw, pool: Pool = Pool.MONEY) -> None:
        """A stored update, a payment's for one, in a job. Raises what its handler raises."""
        incoming = read(raw, self._context.bot)
        if incoming is None or incoming.user is None:
            return
        try:
            replies = await self._commit(incoming, incoming.user, pool)
        except updates.HandledElsewhereError:
            return
        await send_all(self._context, complete(incoming.update, replies))


async def _kept(storing: Awaitable[list[Method]]) -> list[Method]:
    """What could not be stored must come again, whatever the reason was: raises DatabaseUnavailableError."""
    try:
        return await storing
    except Exception as error:
        raise DatabaseUnavailableError from error
