"""How the dashboard shows failures: whole bad days at one press, and every switch below."""

from __future__ import annotations

from markupsafe import Markup

from bot.sandbox.faults import Faults
from bot.sandbox.switches import PRESETS, SIDES, SWITCHES, UNITS, Kind, Switch, Value
from bot.sandbox.yookassa.pages import EMPTY, Place
from bot.sandbox.yookassa.words import Words, lang_of

PRESET = Markup('<button name="name" value="{name}" aria-pressed="{pressed}">{text}</button>')
CHECK = Markup(
    '<label class="field{on}"><span>{text}</span>'
    '<input type="checkbox" name="{name}" value="1"{checked}></label>\n'
)
NUMBER = Markup(
    '<label class="field{on}"><span>{text}, {unit}</span>'
    '<input type="number" name="{name}" value="{value}" min="0" {limits}></label>\n'
)
SIDE = Markup("<fieldset><legend>{title}</legend>{fields}</fieldset>\n")
PANEL = Markup(
    '<form class="row" method="post" action="{preset_url}">{presets}</form>'
    '<details{open}><summary>{details}</summary><form method="post" action="{url}"><div class="grid">{sides}</div>'
    '<p class="row"><button class="primary">{save}</button></p></form></details>'
)
LIMITS = {
    Kind.COUNT: Markup('step="1"'),
    Kind.TIMES: Markup('step="1"'),
    Kind.PROBABILITY: Markup('step="any" max="100"'),
    Kind.SECONDS: Markup('step="any" max="3600"'),
}


def panel(faults: Faults, place: Place) -> Markup:
    said, values, chosen = place.said, faults.values(), faults.preset()
    pressed = {True: "true", False: "false"}
    presets = (
        PRESET.format(name=one.name, pressed=pressed[one.name == chosen], text=_in(said, (one.en, one.ru)))
        for one in PRESETS
    )
    return PANEL.format(
        preset_url=place.url("/faults/preset"),
        presets=EMPTY.join(presets),
        open=EMPTY if chosen else Markup(" open"),
        details=said["details"],
        url=place.url("/faults"),
        sides=EMPTY.join(_side(side, values, said) for side in SIDES),
        save=said["save"],
    )


def switched_on(faults: Faults, said: Words) -> str:
    """What is on, in words; empty where all is well."""
    on = [switch for switch in SWITCHES if faults.get(switch.name)]
    preset = next((one for one in PRESETS if one.name == faults.preset()), None)
    if on and preset:
        return _in(said, (preset.en, preset.ru))
    return "; ".join(f"{_in(said, SIDES[one.side])}: {_lower(_in(said, (one.en, one.ru)))}" for one in on)


def check(name: str, text: str, value: bool, *, marked: bool = True) -> Markup:
    checked = Markup(" checked") if value else EMPTY
    return CHECK.format(on=" on" if value and marked else "", text=text, name=name, checked=checked)


def _side(side: str, values: dict[str, Value], said: Words) -> Markup:
    fields = (_field(one, values[one.name], said) for one in SWITCHES if one.side == side)
    return SIDE.format(title=_in(said, SIDES[side]), fields=EMPTY.join(fields))


def _field(switch: Switch, value: Value, said: Words) -> Markup:
    text = _in(said, (switch.en, switch.ru))
    if switch.kind is Kind.FLAG:
        return check(switch.name, text, bool(value))
    shown = value * 100 if switch.kind is Kind.PROBABILITY else value
    return NUMBER.format(
        on=" on" if value else "",
        text=text,
        unit=_in(said, UNITS[switch.kind]),
        name=switch.name,
        value=f"{shown:g}",
        limits=LIMITS[switch.kind],
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _in(said: Words, words: tuple[str, str]) -> str:
    english, russian = words
    return english if lang_of(said) == "en" else russian
