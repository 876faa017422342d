"""Failures that can be switched on: what Telegram, the provider and the network do on a bad day."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from bot.sandbox.switches import MODEL, PRESETS, SWITCHES, Kind, Preset, Switch, Value

MAX_COUNT = 1_000_000
MAX_SECONDS = 3600.0

BY_NAME: Mapping[str, Switch] = {switch.name: switch for switch in SWITCHES}


class UnknownSwitchError(ValueError):
    """No switch of that name, or a value that the switch cannot have; the text says which."""


class Faults:
    """All switches and the seeded chance behind them.

    `on_change` is called with every value after each change, consumed counts included, so that
    whoever keeps them can write them down. `struck` counts how often each has struck.
    """

    def __init__(self, *, seed: int = 0, on_change: Callable[[dict[str, Value]], None] | None = None) -> None:
        self.on_change = on_change
        self.random = random.Random(seed)
        self._values = _all_off()
        self.struck: Counter[str] = Counter()

    def get(self, name: str) -> Value:
        return self._values[_switch(name).name]

    def set(self, **changes: Value) -> None:
        """Takes all the changes or none; raises UnknownSwitchError."""
        checked = {name: _checked(_switch(name), value) for name, value in changes.items()}
        self._values.update(checked)
        self._changed()

    def reset(self) -> None:
        self._values = _all_off()
        self._changed()

    def use(self, name: str) -> None:
        """Sets the preset's switches, and all others off; raises UnknownSwitchError."""
        preset = next((one for one in PRESETS if one.name == name), None)
        if preset is None:
            raise UnknownSwitchError(f"no such preset: {name}")
        self.set(**_values_of(preset))

    def preset(self) -> str | None:
        """The name of the one that the switches stand at; None where they are set in another way."""
        return next((one.name for one in PRESETS if _values_of(one) == self._values), None)

    def values(self) -> dict[str, Value]:
        return dict(self._values)

    def take(self, name: str) -> bool:
        """Whether the fault strikes now: consumes one of a count, draws a probability, reads a flag."""
        strikes = self._take(name)
        self.struck[name] += strikes
        return strikes

    def _take(self, name: str) -> bool:
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
    """`GET/PUT /sandbox/faults`, `POST /sandbox/faults/reset` and `…/preset` (`{"name"}`): each answers with every
    value. `GET /sandbox/faults/model`: what there is to switch, in words."""

    async def show(_: web.Request) -> web.Response:
        return web.json_response(faults.values())

    async def change(request: web.Request) -> web.Response:
        return await _answer(request, lambda given: faults.set(**given))

    async def use(request: web.Request) -> web.Response:
        return await _answer(request, lambda given: faults.use(str(given.get("name"))))

    async def reset(_: web.Request) -> web.Response:
        faults.reset()
        return web.json_response(faults.values())

    async def _answer(request: web.Request, act: Callable[[dict[str, Any]], None]) -> web.Response:
        try:
            given = await request.json()
            if not isinstance(given, dict):
                raise UnknownSwitchError("a JSON object is wanted")
            act(given)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(faults.values())

    async def model(_: web.Request) -> web.Response:
        return web.json_response(MODEL)

    return [
        web.get("/sandbox/faults", show),
        web.put("/sandbox/faults", change),
        web.get("/sandbox/faults/model", model),
        web.post("/sandbox/faults/reset", reset),
        web.post("/sandbox/faults/preset", use),
    ]


def _switch(name: str) -> Switch:
    if name not in BY_NAME:
        raise UnknownSwitchError(f"no such switch: {name}")
    return BY_NAME[name]


def _all_off() -> dict[str, Value]:
    return {switch.name: _off(switch.kind) for switch in SWITCHES}


def _values_of(preset: Preset) -> dict[str, Value]:
    return _all_off() | dict(preset.values)


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
