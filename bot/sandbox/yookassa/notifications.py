"""HTTP notifications: kept until the shop's server answers 200, redelivered for 24 hours, unsigned.

What goes wrong on the way (lost, repeated, late, shuffled, forged) is decided here, by the switches.
"""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

import aiohttp

from bot.sandbox.faults import Faults
from bot.sandbox.store import Store
from bot.sandbox.yookassa.money import Json
from bot.sandbox.yookassa.timestamps import PAYMENT_MARK, Clock, format_timestamp, new_id, parse_timestamp

KIND = "yookassa_notification"
RETENTION = timedelta(hours=24)
PAUSES: Sequence[float] = (1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400)
ANSWER_TIMEOUT = 30.0
AT_ONCE = 8
KEPT_ATTEMPTS = 20
SHUFFLE_SECONDS = 2.0
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Notification:
    """`state`: waiting, accepted, lost (by a switch), given_up (24 hours over), forged (sent once)."""

    n: int
    shop: str
    event: str
    object_id: str
    body: Json
    url: str
    created_at: str
    next_at: str
    state: str = "waiting"
    forged: bool = False
    repeats: int = 0
    tries: int = 0
    attempts: list[Json] = field(default_factory=list)


class Notifications:
    """The queue, its log and the task that delivers. `pace` shortens every pause for tests."""

    def __init__(self, store: Store, faults: Faults, clock: Clock, *, pace: float = 1.0) -> None:
        self._store = store
        self._faults = faults
        self._clock = clock
        self._pace = pace
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self.log = {item["n"]: Notification(**item) for item in store.all(KIND)}
        self._waiting = {n for n, item in self.log.items() if item.state == "waiting"}

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_TIMEOUT))
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        tasks = [task for task in (self._task, *self._under_way.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def announce(self, shop: str, url: str, event: str, shown: Json) -> None:
        """Queues the notification of an event; the switches may lose, repeat, delay or forge it."""
        body = {"type": "notification", "event": event, "object": shown}
        if self._faults.take("callback_forge"):
            self._queue(self._new(shop, url, forged_body(body, self._faults), forged=True))
        item = self._new(shop, url, body)
        item.repeats = int(self._faults.get("callback_repeat"))
        item.next_at = format_timestamp(self._clock() + timedelta(seconds=self._delay()))
        if self._faults.take("callback_lost"):
            item.state = "lost"
        self._queue(item)

    async def forge(self, shop: str, url: str, body: Json) -> Notification:
        """Sends any body once, now; the attempt is in the log."""
        item = self._new(shop, url, body, forged=True)
        item.state = "forged"
        self._save(item)
        await self._attempt(item)
        return item

    async def redeliver(self, item: Notification) -> None:
        """Sends a logged notification once more, now, whatever became of it."""
        if await self._attempt(item) and not item.forged:
            item.state = "accepted"
            self._save(item)

    async def deliver_due(self) -> bool:
        """Returns when none is due or under way; whether any was."""
        delivered = False
        while True:
            self._launch_due()
            if not self._under_way:
                return delivered
            await asyncio.wait(list(self._under_way.values()))
            delivered = True

    def wake(self) -> None:
        """Looks at the queue again: something was added, or the clock was moved."""
        self._wake.set()

    def _new(self, shop: str, url: str, body: Json, *, forged: bool = False) -> Notification:
        thing = body.get("object")
        return Notification(
            n=self._store.next_id(KIND),
            shop=shop,
            event=str(body.get("event", "")),
            object_id=str(thing.get("id", "")) if isinstance(thing, dict) else "",
            body=copy.deepcopy(body),
            url=url,
            created_at=format_timestamp(self._clock()),
            next_at=format_timestamp(self._clock()),
            forged=forged,
        )

    def _delay(self) -> float:
        jitter = (
            self._faults.random.uniform(0, SHUFFLE_SECONDS) if self._faults.take("callback_shuffle") else 0.0
        )
        return float(self._faults.get("callback_delay")) + jitter * self._pace

    def _queue(self, item: Notification) -> None:
        self._save(item)
        self.wake()

    def _save(self, item: Notification) -> None:
        self.log[item.n] = item
        if item.state == "waiting":
            self._waiting.add(item.n)
        else:
            self._waiting.discard(item.n)
        self._store.put(KIND, str(item.n), asdict(item))

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._launch_due()
            try:
                await asyncio.wait_for(self._wake.wait(), self._pause())
            except TimeoutError:
                continue

    def _launch_due(self) -> None:
        now = self._clock()
        for n in sorted(self._waiting - self._under_way.keys()):
            if len(self._under_way) >= AT_ONCE:
                return
            if parse_timestamp(self.log[n].next_at) <= now:
                self._under_way[n] = asyncio.create_task(self._deliver(self.log[n]))

    def _pause(self) -> float:
        """Seconds until the next delivery is due; a finished one wakes the loop by itself."""
        due = [parse_timestamp(self.log[n].next_at) for n in self._waiting - self._under_way.keys()]
        if not due or len(self._under_way) >= AT_ONCE:
            return 60.0
        return min(60.0, max(0.0, (min(due) - self._clock()).total_seconds()))

    async def _deliver(self, item: Notification) -> None:
        try:
            accepted = await self._attempt(item)
            self._decide(item, accepted, self._clock())
            self._save(item)
        finally:
            del self._under_way[item.n]
            self.wake()

    def _decide(self, item: Notification, accepted: bool, now: datetime) -> None:
        if accepted and item.repeats > 0:
            item.repeats -= 1
            item.next_at = format_timestamp(now + timedelta(seconds=PAUSES[0] * self._pace))
        elif accepted:
            item.state = "accepted"
        elif item.forged:
            item.state = "forged"
        else:
            pause = timedelta(seconds=PAUSES[min(item.tries, len(PAUSES)) - 1] * self._pace)
            item.next_at = format_timestamp(now + pause)
            if now + pause - parse_timestamp(item.created_at) >= RETENTION:
                item.state = "given_up"

    async def _attempt(self, item: Notification) -> bool:
        entry: Json = {"at": format_timestamp(self._clock())}
        try:
            entry["status"] = await self._post(item)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            entry["error"] = f"{type(error).__name__}: {error}"
            log.info("notification %s to %s: %s", item.n, item.url, entry["error"])
        item.tries += 1
        item.attempts = [*item.attempts, entry][-KEPT_ATTEMPTS:]
        self._save(item)
        return entry.get("status") == 200

    async def _post(self, item: Notification) -> int:
        if self._session is None:
            raise OSError("the sandbox is not started")
        # The real sender accepts any certificate, self-signed ones included, and follows no redirect.
        async with self._session.post(item.url, json=item.body, ssl=False, allow_redirects=False) as answer:
            return answer.status


def forged_body(body: Json, faults: Faults) -> Json:
    """A lie about a true event: a smaller amount, another shop, or an id that does not exist."""
    lie = copy.deepcopy(body)
    thing: Json = lie["object"]
    match faults.random.choice(("amount", "shop", "id")):
        case "amount":
            thing["amount"] = {**thing["amount"], "value": "1.00"}
        case "shop":
            thing["recipient"] = {"account_id": "999999", "gateway_id": "9999999"}
        case _:
            thing["id"] = new_id(parse_timestamp(thing["created_at"]), PAYMENT_MARK)
    return lie
