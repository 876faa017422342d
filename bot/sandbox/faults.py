"""Failures that can be switched on: what Telegram, the provider and the network do on a bad day."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiohttp import web

Value = float | int | bool
MAX_COUNT = 1_000_000
MAX_SECONDS = 3600.0


class Kind(StrEnum):
    """How a switch is read: `take` works on the first three, `get` on all."""

    COUNT = "count"  # the next N calls; each take consumes one
    PROBABILITY = "probability"  # 0..1, drawn anew each time
    FLAG = "flag"
    SECONDS = "seconds"
    TIMES = "times"  # a level, not consumed


@dataclass(frozen=True, slots=True)
class Switch:
    name: str
    kind: Kind
    en: str
    ru: str


SWITCHES: tuple[Switch, ...] = (
    Switch(
        "telegram_429", Kind.COUNT, "Telegram: next N calls answer 429", "Telegram: следующие N вызовов — 429"
    ),
    Switch(
        "telegram_5xx", Kind.COUNT, "Telegram: next N calls answer 5xx", "Telegram: следующие N вызовов — 5xx"
    ),
    Switch(
        "telegram_slow", Kind.SECONDS, "Telegram: seconds added per call", "Telegram: задержка вызова, секунд"
    ),
    Switch(
        "telegram_drop",
        Kind.COUNT,
        "Telegram: next N calls are done, but unanswered",
        "Telegram: следующие N вызовов выполнены, но без ответа",
    ),
    Switch(
        "telegram_bank",
        Kind.SECONDS,
        "Telegram: seconds from the bot's yes to the charge",
        "Telegram: секунд от согласия бота до списания",
    ),
    Switch("provider_down", Kind.FLAG, "YooKassa: out of reach", "ЮKassa: недоступна"),
    Switch("provider_5xx", Kind.PROBABILITY, "YooKassa: answers 500", "ЮKassa: отвечает 500"),
    Switch(
        "provider_html_502",
        Kind.PROBABILITY,
        "YooKassa: answers 502 with an HTML page",
        "ЮKassa: отвечает 502 и страницей HTML",
    ),
    Switch(
        "provider_cut",
        Kind.PROBABILITY,
        "YooKassa: done, connection cut before the answer",
        "ЮKassa: выполнено, связь оборвана до ответа",
    ),
    Switch(
        "provider_cut_before",
        Kind.PROBABILITY,
        "YooKassa: connection cut, nothing done",
        "ЮKassa: связь оборвана, ничего не выполнено",
    ),
    Switch(
        "provider_broken_json",
        Kind.PROBABILITY,
        "YooKassa: done, the answer breaks off",
        "ЮKassa: выполнено, ответ обрывается",
    ),
    Switch(
        "provider_slow", Kind.SECONDS, "YooKassa: seconds added per call", "ЮKassa: задержка вызова, секунд"
    ),
    Switch("callback_lost", Kind.PROBABILITY, "Notification is lost", "Уведомление теряется"),
    Switch(
        "callback_repeat", Kind.TIMES, "Notification comes N times more", "Уведомление приходит ещё N раз"
    ),
    Switch("callback_delay", Kind.SECONDS, "Notification is late, seconds", "Уведомление опаздывает, секунд"),
    Switch(
        "callback_shuffle", Kind.FLAG, "Notifications come in any order", "Уведомления приходят вперемешку"
    ),
    Switch(
        "callback_forge",
        Kind.PROBABILITY,
        "A forged notification comes before the true one",
        "Перед настоящим уведомлением приходит поддельное",
    ),
)
BY_NAME: Mapping[str, Switch] = {switch.name: switch for switch in SWITCHES}


class UnknownSwitchError(ValueError):
    """No switch of that name, or a value that the switch cannot have; the text says which."""


class Faults:
    """All switches and the seeded chance behind them.

    `on_change` is called with every value after each change, consumed counts included, so that
    whoever keeps them can write them down.
    """

    def __init__(self, *, seed: int = 0, on_change: Callable[[dict[str, Value]], None] | None = None) -> None:
        self.on_change = on_change
        self.random = random.Random(seed)
        self._values: dict[str, Value] = {switch.name: _off(switch.kind) for switch in SWITCHES}

    def get(self, name: str) -> Value:
        return self._values[_switch(name).name]

    def set(self, **changes: Value) -> None:
        """Takes all the changes or none; raises UnknownSwitchError."""
        checked = {name: _checked(_switch(name), value) for name, value in changes.items()}
        self._values.update(checked)
        self._changed()

    def reset(self) -> None:
        self._values = {switch.name: _off(switch.kind) for switch in SWITCHES}
        self._changed()

    def values(self) -> dict[str, Value]:
        return dict(self._values)

    def take(self, name: str) -> bool:
        """Whether the fault strikes now: consumes one of a count, draws a probability, reads a flag."""
        match _switch(name).kind:
            case Kind.COUNT:
                return self._consume(name)
            case Kind.PROBABILITY:
                return self.chance(float(self._values[name]))
            case Kind.FLAG:
                return bool(self._values[name])
            case _:
                raise UnknownSwitchError(f"{name} is a level: read it with get")

    def chance(self, probability: float) -> bool:
        """One draw of the seeded chance; none for 0, so that idle switches keep a run repeatable."""
        return probability > 0 and self.random.random() < probability

    def _consume(self, name: str) -> bool:
        left = int(self._values[name])
        if left < 1:
            return False
        self._values[name] = left - 1
        self._changed()
        return True

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change(self.values())


def fault_routes(faults: Faults) -> list[web.RouteDef]:
    """`GET/PUT /sandbox/faults` and `POST /sandbox/faults/reset`; each answers with every value."""

    async def show(_: web.Request) -> web.Response:
        return web.json_response(faults.values())

    async def change(request: web.Request) -> web.Response:
        try:
            changes = await request.json()
            if not isinstance(changes, dict):
                raise UnknownSwitchError("a JSON object of switches is wanted")
            faults.set(**changes)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(faults.values())

    async def reset(_: web.Request) -> web.Response:
        faults.reset()
        return web.json_response(faults.values())

    return [
        web.get("/sandbox/faults", show),
        web.put("/sandbox/faults", change),
        web.post("/sandbox/faults/reset", reset),
    ]


def _switch(name: str) -> Switch:
    if name not in BY_NAME:
        raise UnknownSwitchError(f"no such switch: {name}")
    return BY_NAME[name]


def _off(kind: Kind) -> Value:
    match kind:
        case Kind.FLAG:
            return False
        case Kind.COUNT | Kind.TIMES:
            return 0
        case _:
            return 0.0


def _checked(switch: Switch, value: Any) -> Value:
    match switch.kind:
        case Kind.FLAG:
            if isinstance(value, bool):
                return value
            raise UnknownSwitchError(f"{switch.name} is true or false")
        case Kind.COUNT | Kind.TIMES:
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT:
                return value
            raise UnknownSwitchError(f"{switch.name} is a whole number, 0 to {MAX_COUNT}")
        case Kind.PROBABILITY:
            return _number(switch.name, value, 1.0)
        case Kind.SECONDS:
            return _number(switch.name, value, MAX_SECONDS)


def _number(name: str, value: Any, highest: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnknownSwitchError(f"{name} is a number")
    if not math.isfinite(value) or not 0 <= value <= highest:
        raise UnknownSwitchError(f"{name} is a number, 0 to {highest:g}")
    return float(value)
