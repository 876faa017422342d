"""Every refusal and every piece of news can be said in every language, as Telegram can read it."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from inspect import signature
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import pytest

from bot.chat.arguments import Problem, WrongArguments
from bot.chat.commands import COMMANDS
from bot.notifications import news
from bot.sandbox.telegram.html_text import parse_html
from bot.texts import LANGUAGES, Localizer, errors
from db.errors import Refused

VOICE = Localizer("ru", ZoneInfo("Europe/Moscow"))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NASTY = "<b>'\"&{x}%s"
KNOWN = {"currency": "RUB", "ends_at": NOW.isoformat(), "reason": "insufficient_funds"}
SAMPLES: dict[Any, Any] = {int: 3, str: NASTY, bool: True, datetime: NOW, tuple[int, ...]: (1, 2)}
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
        assert command.usage in said
        assert command.example in said


def test_a_refusal_without_words_is_a_defect() -> None:
    with pytest.raises(NotImplementedError):
        errors.say(Refused())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(news.ALL))
def test_all_news_can_be_told(name: str, language: str) -> None:
    told: Callable[..., news.Notification] = news.ALL[name]
    hints = get_type_hints(told)
    arguments = {parameter: hints[parameter] for parameter in signature(told).parameters}
    for facts in combinations(arguments):
        with VOICE.use_locale(language):
            said = told(**facts)
        readable(said.text)
        if said.keyboard is not None:
            assert all(1 <= len(key.text) <= 64 for row in said.keyboard.inline_keyboard for key in row)


@pytest.mark.parametrize("name", sorted(news.ALL))
def test_news_differ_by_language(name: str) -> None:
    hints = get_type_hints(news.ALL[name])
    facts = combinations({parameter: hints[parameter] for parameter in signature(news.ALL[name]).parameters})[
        0
    ]
    said = set()
    for language in LANGUAGES:
        with VOICE.use_locale(language):
            said.add(news.ALL[name](**facts).text)
    assert len(said) == len(LANGUAGES)
