"""Every refusal and every piece of news can be said in every language, as Telegram can read it."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import orjson
import pytest

from bot.chat.arguments import Problem, WrongArguments
from bot.chat.commands import COMMANDS
from bot.notifications.events import Event
from bot.notifications.registry import EVENTS, from_facts, to_facts, word
from bot.sandbox.telegram.html_text import parse_html
from bot.texts import LANGUAGES, Localizer, arguments, errors
from db.errors import Refused
from db.payments.methods import PaymentMethod, Way

VOICE = Localizer("ru", ZoneInfo("Europe/Moscow"))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NASTY = "<b>'\"&{x}%s"
KNOWN = {"currency": "RUB", "reason": "insufficient_funds"}
SAMPLES: dict[Any, Any] = {
    int: 3,
    str: NASTY,
    bool: True,
    datetime: NOW,
    tuple[int, ...]: (1, 2),
    Way: Way(3, PaymentMethod.STARS, 5, "XTR"),
}
MOST = 4096


def kinds(root: type[Refused]) -> Iterator[type[Refused]]:
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


def samples(name: str, kind: Any) -> list[Any]:
    """What such an argument may be: both ends of a flag, and None where it may be."""
    if kind is bool:
        return [True, False]
    options = [one for one in get_args(kind) if one is not type(None)] if kind not in SAMPLES else [kind]
    if get_origin(kind) is tuple and kind not in SAMPLES:
        return [(SAMPLES[get_args(kind)[0]],)]
    found = [KNOWN.get(name, SAMPLES[options[0]])]
    return [*found, None] if type(None) in get_args(kind) else found


def combinations(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Each argument's first sample, and one variation of one argument at a time."""
    choices = {name: samples(name, kind) for name, kind in arguments.items()}
    first = {name: options[0] for name, options in choices.items()}
    return [first, *(first | {name: one} for name, options in choices.items() for one in options[1:])]


def readable(text: str) -> str:
    """Raises where Telegram would refuse it, or where a person's own text came in as markup."""
    plain, entities = parse_html(text)
    assert 0 < len(plain) <= MOST
    assert not any(
        entity["type"] == "bold" and "&{x}" in plain[entity["offset"] :][:3] for entity in entities
    )
    return plain


OURS = [
    kind for kind in kinds(Refused) if not issubclass(kind, WrongArguments) and kind.__module__ == "db.errors"
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_refusal_has_words(kind: type[Refused], language: str) -> None:
    hints = get_type_hints(kind)
    arguments = {field.name: hints[field.name] for field in fields(kind)}  # type: ignore[arg-type]
    for given in combinations(arguments):
        with VOICE.use_locale(language):
            readable(errors.say(kind(**given)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("problem", Problem)
def test_wrong_arguments_are_told_with_usage_and_example(problem: Problem, language: str) -> None:
    for command in (one for one in COMMANDS if one.arguments):
        with VOICE.use_locale(language):
            said = readable(errors.say(WrongArguments(command, problem, "WHO", NASTY, 1, 5)))
            assert arguments.pattern(command) in said
        assert command.example in said


def test_a_refusal_without_words_is_a_defect() -> None:
    with pytest.raises(NotImplementedError):
        errors.say(Refused())


def versions(kind: type[Event]) -> list[Event]:
    hints = get_type_hints(kind)
    return [
        kind(**given) for given in combinations({field.name: hints[field.name] for field in fields(kind)})
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EVENTS)
def test_all_events_can_be_told(name: str, language: str) -> None:
    for event in versions(EVENTS[name]):
        with VOICE.use_locale(language):
            told = word(event)
        readable(told.text)
        if told.keyboard is not None:
            assert all(1 <= len(key.text) <= 64 for row in told.keyboard.inline_keyboard for key in row)


@pytest.mark.parametrize("name", EVENTS)
def test_events_differ_by_language(name: str) -> None:
    event, told = versions(EVENTS[name])[0], set()
    for language in LANGUAGES:
        with VOICE.use_locale(language):
            told.add(word(event).text)
    assert len(told) == len(LANGUAGES)


@pytest.mark.parametrize("name", EVENTS)
def test_events_outlive_being_stored(name: str) -> None:
    for event in versions(EVENTS[name]):
        assert from_facts(name, orjson.loads(orjson.dumps(to_facts(event)))) == event
