"""Switches: what they accept, how they are consumed, that a seed repeats a run."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.faults import Faults, UnknownSwitchError
from bot.sandbox.switches import PRESETS, SIDES, SWITCHES, Preset
from tests.sandbox.provider_world import provider


def test_everything_is_off_at_first() -> None:
    assert not any(Faults().values().values())


def test_a_count_strikes_that_often() -> None:
    faults = Faults()
    faults.set(telegram_429=2)
    assert [faults.take("telegram_429") for _ in range(4)] == [True, True, False, False]


def test_a_probability_is_drawn_from_the_seed() -> None:
    def run(seed: int) -> list[bool]:
        faults = Faults(seed=seed)
        faults.set(provider_5xx=0.5)
        return [faults.take("provider_5xx") for _ in range(64)]

    assert run(1) == run(1) != run(2)
    assert 10 < sum(run(1)) < 54


def test_idle_switches_draw_nothing() -> None:
    busy, idle = Faults(seed=3), Faults(seed=3)
    for _ in range(5):
        idle.take("callback_lost")
    assert busy.random.random() == idle.random.random()


@pytest.mark.parametrize(
    "changes",
    [{"nonsense": 1}, {"provider_5xx": 1.1}, {"provider_5xx": True}, {"provider_5xx": "1"}, {"provider_slow": -1},
     {"provider_slow": float("nan")}, {"telegram_429": 1.5}, {"telegram_429": -1}, {"provider_down": 1}],
)  # fmt: skip
def test_a_wrong_value_changes_nothing(changes: dict[str, Any]) -> None:
    faults = Faults()
    with pytest.raises(UnknownSwitchError):
        faults.set(**{"callback_repeat": 3, **changes})
    assert faults.values() == Faults().values()


def test_every_change_is_reported() -> None:
    seen: list[dict[str, Any]] = []
    faults = Faults(on_change=seen.append)
    faults.set(telegram_5xx=1)
    faults.take("telegram_5xx")
    faults.reset()
    assert [values["telegram_5xx"] for values in seen] == [1, 0, 0]


def test_a_level_is_read_not_taken() -> None:
    with pytest.raises(UnknownSwitchError):
        Faults().take("callback_repeat")


def test_every_switch_has_words_in_both_languages() -> None:
    words = [(one.en, one.ru) for one in SWITCHES] + [(one.en, one.ru) for one in PRESETS]
    assert all(english and russian and english != russian for english, russian in words)
    assert {one.side for one in SWITCHES} == set(SIDES)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_sets_its_switches_and_no_others(preset: Preset) -> None:
    faults = Faults()
    faults.set(telegram_429=3)
    assert faults.preset() is None
    faults.use(preset.name)
    assert faults.preset() == preset.name
    assert {name: value for name, value in faults.values().items() if value} == preset.values


async def test_switches_over_http() -> None:
    async with provider() as world:
        changed = await world.ok("PUT", "/sandbox/faults", {"provider_slow": 0.25, "callback_shuffle": True})
        assert (changed["provider_slow"], changed["callback_shuffle"]) == (0.25, True)
        for bad in ({"provider_5xx": 2}, {"no_such": 1}, [1]):
            status, answer = await world.call("PUT", "/sandbox/faults", bad)
            assert status == 400
            assert answer["error"]
        assert await world.ok("GET", "/sandbox/faults") == changed
        assert (await world.ok("POST", "/sandbox/faults/preset", {"name": "provider_down"}))["provider_down"]
        assert (await world.call("POST", "/sandbox/faults/preset", {"name": "x"}))[0] == 400
        model = await world.ok("GET", "/sandbox/faults/model")
        assert [one["name"] for one in model["switches"]] == list(changed)
        assert not any((await world.ok("POST", "/sandbox/faults/reset")).values())
