"""Updates on their way to a bot: kept until confirmed, in order, over restarts."""

import asyncio
import contextlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.clock import WorldClock
from bot.sandbox.store import Store
from bot.sandbox.telegram.accounts import Account

Json = dict[str, Any]
KIND = "update"
LIFE = 24 * 3600.0
PRE_CHECKOUT_LIFE = 150.0
REMEMBERED = 10_000  # delivered updates that can be sent once more


@dataclass
class Pending:
    """`again`: confirmed before, to be handed over once more whatever offset the poller is at."""

    update: Json
    lane: str
    expires: float
    again: bool = False
    handed: bool = False

    @property
    def id(self) -> int:
        return int(self.update["update_id"])


class Queue:
    """The updates of one bot; `lanes` hold those that must stay in order among themselves."""

    def __init__(self, bot: int, store: Store, clock: WorldClock) -> None:
        self.bot = bot
        self._store = store
        self._clock = clock
        self.pending: dict[int, Pending] = {}
        self.lanes: defaultdict[str, dict[int, Pending]] = defaultdict(dict)
        self.poller = 0  # number of the getUpdates call that is served now
        self.poller_ended_by = ""
        self._arrived = asyncio.Event()
        self._waiters: dict[int, asyncio.Future[bool]] = {}
        self._delivered: OrderedDict[int, Pending] = OrderedDict()

    def add(self, item: Pending) -> None:
        self.pending[item.id] = item
        self.lanes[item.lane][item.id] = item
        self._store.put(KIND, f"{self.bot}:{item.id}", {"bot": self.bot, **vars(item)})
        self.wake()

    def load(self, item: Pending) -> None:
        self.pending[item.id] = item
        self.lanes[item.lane][item.id] = item

    def drop_expired(self) -> None:
        now = self._clock.time()
        for item in [item for item in self.pending.values() if item.expires <= now]:
            self._remove(item)

    def confirm(self, item: Pending) -> None:
        self._remove(item)
        self._delivered[item.id] = item
        while len(self._delivered) > REMEMBERED:
            self._delivered.popitem(last=False)
        waiter = self._waiters.pop(item.id, None)
        if waiter is not None and not waiter.done():
            waiter.set_result(True)

    def confirm_below(self, offset: int) -> None:
        """What a poller with that offset has taken; a repeated update only after it was handed over."""
        taken = [item for item in self.pending.values() if (item.handed if item.again else item.id < offset)]
        with self._store.batch():
            for item in taken:
                self.confirm(item)

    def take(self, limit: int) -> list[Json]:
        batch = sorted(self.pending.values(), key=lambda item: item.id)[:limit]
        for item in batch:
            item.handed = True
        return [item.update for item in batch]

    def first(self, lane: str) -> Pending | None:
        """The oldest update of the lane that is still worth sending."""
        while items := self.lanes.get(lane):
            item = next(iter(items.values()))
            if item.expires > self._clock.time():
                return item
            self._remove(item)
        return None

    def clear(self) -> None:
        with self._store.batch():
            for item in list(self.pending.values()):
                self._remove(item)

    def repeat(self, update_id: int) -> bool:
        """Hand a delivered update over once more, as after a lost confirmation; False when it is not known."""
        item = self._delivered.get(update_id)
        if item is None:
            return update_id in self.pending
        self.add(Pending(item.update, item.lane, self._clock.time() + LIFE, again=True))
        return True

    def wake(self) -> None:
        arrived, self._arrived = self._arrived, asyncio.Event()
        arrived.set()

    async def arrival(self, seconds: float) -> None:
        """Returns when something changed here, or the time is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.wait(), seconds)

    async def confirmed(self, update_id: int, seconds: float) -> bool:
        if update_id not in self.pending:
            return update_id in self._delivered
        waiter = self._waiters.setdefault(update_id, asyncio.get_running_loop().create_future())
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(waiter), seconds)
        return False

    def _remove(self, item: Pending) -> None:
        self.pending.pop(item.id, None)
        lane = self.lanes[item.lane]
        lane.pop(item.id, None)
        if not lane:
            del self.lanes[item.lane]
        self._store.delete(KIND, f"{self.bot}:{item.id}")


class Updates:
    """All queues. `on_new` is called after an update was queued, `on_rerouted` when the bot's address changed."""

    def __init__(self, store: Store, clock: WorldClock) -> None:
        self._store = store
        self._clock = clock
        self._queues: dict[int, Queue] = {}
        self.on_new: Callable[[Account], None] = lambda bot: None
        self.on_rerouted: Callable[[Account], None] = lambda bot: None
        for row in store.all(KIND):
            bot = row.pop("bot")
            self.queue(bot).load(Pending(**row))

    def queue(self, bot: int) -> Queue:
        if bot not in self._queues:
            self._queues[bot] = Queue(bot, self._store, self._clock)
        return self._queues[bot]

    def push(self, account: Account, kind: str, body: Json) -> int | None:
        """Queue an update of that kind; None when the bot's allowed_updates leave it out."""
        if not account.wants(kind):
            return None
        number = self._store.next_id(f"update:{account.id}") + 100_000_000
        life = PRE_CHECKOUT_LIFE if kind in ("pre_checkout_query", "shipping_query") else LIFE
        update = {"update_id": number, kind: body}
        self.queue(account.id).add(Pending(update, _lane(kind, body), self._clock.time() + life))
        self.on_new(account)
        return number

    def repeat(self, account: Account, update_id: int) -> bool:
        known = self.queue(account.id).repeat(update_id)
        self.on_new(account)
        return known


def _lane(kind: str, body: Json) -> str:
    """Updates of one lane are delivered strictly one after the other; a pre-checkout never waits for a chat."""
    if kind in ("pre_checkout_query", "shipping_query"):
        return f"pay:{id_of(body.get('from'))}"
    return f"chat:{id_of(chat_of(body)) or id_of(body.get('from'))}"


def chat_of(body: Json) -> Any:
    """The chat an update's content is about. Injected updates may hold anything, so this may be anything too."""
    message = body.get("message")
    return body.get("chat") or (message.get("chat") if isinstance(message, dict) else None)


def id_of(thing: Any) -> int:
    number = thing.get("id") if isinstance(thing, dict) else None
    return number if isinstance(number, int) else 0
