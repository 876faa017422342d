"""All that a method of the Bot API or a request of the page works on."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.sandbox.clock import WorldClock
from bot.sandbox.store import Store
from bot.sandbox.telegram.accounts import Accounts
from bot.sandbox.telegram.chats import Chats
from bot.sandbox.telegram.events import Hub
from bot.sandbox.telegram.files import Files
from bot.sandbox.telegram.groups import Groups
from bot.sandbox.telegram.ledger import Ledger
from bot.sandbox.telegram.people import People
from bot.sandbox.telegram.polls import Polls
from bot.sandbox.telegram.queries import Queries
from bot.sandbox.telegram.updates import Updates

Json = dict[str, Any]
CALLS_KEPT = 10_000


class Switches(Protocol):
    """The failures that can be switched on (bot/sandbox/faults.py)."""

    def get(self, name: str) -> float | int | bool: ...

    def take(self, name: str) -> bool: ...


class CardShop(Protocol):
    """Who charges the card of a Telegram invoice in money (bot/sandbox/yookassa)."""

    def charge_by_invoice(
        self, *, amount_minor: int, currency: str, description: str, email: str | None, receipt: Json | None
    ) -> str: ...


@dataclass
class Context:
    """`retry_unit`: seconds that stand for one second of Telegram's webhook retry intervals.

    `offers`: the address and the shipping options a bot gave last, by bot, payer and invoice.
    """

    store: Store
    faults: Switches
    shop: CardShop
    files: Files
    clock: WorldClock
    retry_unit: float = 1.0
    closing: bool = False
    hub: Hub = field(default_factory=Hub)
    calls: deque[Json] = field(default_factory=lambda: deque(maxlen=CALLS_KEPT))
    offers: dict[tuple[int, int, str], tuple[Json, list[Json]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.people = People(self.store)
        self.accounts = Accounts(self.store)
        self.chats = Chats(self.store, self.clock)
        self.updates = Updates(self.store, self.clock)
        self.ledger = Ledger(self.store, self.clock)
        self.queries = Queries(self.store, self.clock)
        self.polls = Polls(self.store)
        self.groups = Groups(self.store)

    def log_call(self, bot: int, method: str, params: Json, ok: bool, result: Any) -> None:
        row = {
            "bot": bot,
            "method": method,
            "params": params,
            "at": self.clock.time(),
            "ok": ok,
            "result": result,
        }
        self.calls.append(row)
