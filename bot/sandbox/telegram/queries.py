"""Questions a bot has to answer in time: pressed buttons and payments about to be made."""

import asyncio
import contextlib
import itertools
import secrets
from dataclasses import asdict, dataclass
from typing import Any

from bot.sandbox.clock import WorldClock
from bot.sandbox.store import Store
from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.errors import bad_request

Json = dict[str, Any]
KIND = "callback"
CALLBACK_LIFE = 15 * 60.0  # seconds
PRE_CHECKOUT_LIFE = 10.0
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@dataclass
class Callback:
    id: str
    bot: int
    person: int
    expires: float


class Queries:
    """Callbacks outlast a restart, since their updates do; a payment sheet does not, its page is gone."""

    def __init__(self, store: Store, clock: WorldClock) -> None:
        self._store = store
        self._clock = clock
        self._callbacks = {row["id"]: Callback(**row) for row in store.all(KIND)}
        self._answers: dict[str, asyncio.Future[Json]] = {}
        self._checkouts: dict[str, tuple[int, str, asyncio.Future[Json]]] = {}

    def open_callback(self, account: Account, person: int) -> str:
        self._forget_old()
        number = f"{person}{secrets.randbelow(10**9):09}"
        callback = Callback(number, account.id, person, self._clock.time() + CALLBACK_LIFE)
        self._callbacks[number] = callback
        self._store.put(KIND, number, asdict(callback))
        self._answers[number] = asyncio.get_running_loop().create_future()
        return number

    def answer_callback(self, account: Account, number: str, answer: Json) -> Callback:
        """Only the first answer counts; raises 400 for a query that is unknown, of another bot, or too old."""
        callback = self._callbacks.get(number)
        if callback is None or callback.bot != account.id or callback.expires < self._clock.time():
            raise bad_request(TOO_OLD)
        future = self._answers.get(number)
        if future is not None and not future.done():
            future.set_result(answer)
        return callback

    async def callback_answer(self, number: str, seconds: float) -> Json | None:
        """The bot's answer, None when it gave none in that time."""
        return await _result(self._answers.get(number), seconds)

    def open_checkout(
        self, account: Account, person: int, kind: str = "pre_checkout"
    ) -> tuple[str, asyncio.Future[Json]]:
        """The new query's id and its answer to come; `kind` is pre_checkout or shipping."""
        number = f"{person}{secrets.randbelow(10**9):09}"
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._checkouts[number] = (account.id, kind, future)
        return number, future

    def answer_checkout(self, account: Account, kind: str, number: str, answer: Json) -> None:
        """Raises 400 for a query that is unknown, of another bot or kind, or too old."""
        bot, asked, future = self._checkouts.get(number, (0, "", None))
        if future is None or (bot, asked) != (account.id, kind):
            raise bad_request(TOO_OLD)
        if not future.done():
            future.set_result(answer)

    async def checkout_answer(self, number: str, future: asyncio.Future[Json]) -> Json | None:
        """The bot's answer, None after Telegram's ten seconds; later answers are refused."""
        try:
            return await _result(future, PRE_CHECKOUT_LIFE)
        finally:
            del self._checkouts[number]

    def _forget_old(self) -> None:
        """The oldest come first, so this stops at the first that is still good."""
        now = self._clock.time()
        for callback in list(itertools.takewhile(lambda one: one.expires < now, self._callbacks.values())):
            del self._callbacks[callback.id]
            self._answers.pop(callback.id, None)
            self._store.delete(KIND, callback.id)


async def _result(future: asyncio.Future[Json] | None, seconds: float) -> Json | None:
    if future is None:
        return None
    with contextlib.suppress(TimeoutError):
        return await asyncio.wait_for(asyncio.shield(future), seconds)
    return None
