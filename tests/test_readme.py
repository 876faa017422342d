"""README.md, docs/ and .env.example name everything there is, and nothing that is not; what they tell to type works."""

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.chat.commands import COMMANDS
from bot.settings import Settings
from handlers import http
from main import parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text()
OPERATING = (ROOT / "docs" / "operating.md").read_text()
EVERYTHING = "\n".join(path.read_text() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
SETTINGS = {name.upper() for name in Settings.model_fields}


def section(title: str, page: str = README) -> str:
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def first_cells(text: str) -> list[str]:
    """What stands in backquotes in the first column of the text's tables."""
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def chat_usages() -> list[str]:
    rows = section("Commands in the chat").splitlines()
    cells = [row.split(" | ")[1] for row in rows if row.count(" | ") == 2]
    return [word for cell in cells for word in re.findall(r"`(/[^`]+)`", cell)]


def subcommands() -> dict[str, argparse.ArgumentParser]:
    (action,) = [one for one in parser()._actions if isinstance(one, argparse._SubParsersAction)]
    return dict(action.choices)


def shell_lines() -> Iterator[str]:
    for block in re.findall(r"```(?:sh|cron)\n(.*?)```", EVERYTHING, re.DOTALL):
        yield from block.splitlines()


def told_to_type() -> list[list[str]]:
    """The arguments of every `main.py …` in the shell blocks and in the prose of all documents."""
    prose = [
        words for words in re.findall(r"`(?:[^`\n]*/)?main\.py ([^`\n]+)`", EVERYTHING) if words != "COMMAND"
    ]
    shell = [part.partition("main.py ")[2] for line in shell_lines() for part in line.split("&&")]
    return [words for text in (*shell, *prose) if (words := shlex.split(text, comments=True))]


def test_settings_table_is_the_settings() -> None:
    assert sorted(first_cells(SETTINGS_PAGE)) == sorted(SETTINGS)


def test_defaults_in_the_table_are_the_defaults() -> None:
    rows = [line.strip("| ").split(" | ") for line in SETTINGS_PAGE.splitlines() if line.startswith("| `")]
    for names, defaults, _meaning in rows:
        for name, told in zip(names.split(", "), defaults.split(", "), strict=False):
            default = Settings.model_fields[name.strip("`").lower()].default
            if told.strip("`") not in SETTINGS:
                assert told.strip("`") == (
                    "–" if default in (None, ()) else str(default).replace("True", "true")
                )


def test_env_example_names_every_setting_and_no_other() -> None:
    assert sorted(env_example()) == sorted(SETTINGS)


def env_example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_env_example_as_it_stands_changes_no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    plain = Settings(_env_file=None)
    assert Settings(_env_file=ROOT / ".env.example") == plain


def test_every_chat_command_is_told_as_its_usage() -> None:
    told = {usage.split()[0]: usage for usage in chat_usages()}
    usages = {f"/{command.name}": command.usage for command in COMMANDS}
    assert told == usages | {"/start": "/start"}


def test_every_subcommand_is_told_with_its_options() -> None:
    table = section("Command line", OPERATING)
    for name, sub in subcommands().items():
        assert f"`{name}" in table, name
        for action in sub._actions:
            for option in set(action.option_strings) - {"-h", "--help"}:
                assert option in table, f"{name} {option}"


def test_no_subcommand_is_told_that_is_not_there() -> None:
    assert {words.split()[0] for words in first_cells(section("Command line", OPERATING))} == set(
        subcommands()
    )


@pytest.mark.parametrize("words", told_to_type(), ids=" ".join)
def test_what_the_documents_tell_to_type_is_understood(words: list[str]) -> None:
    parser().parse_args(words)


def test_every_http_endpoint_is_told() -> None:
    context = SimpleNamespace(database=None)  # no request is made
    routes = http.build(context, None).router.routes()  # type: ignore[arg-type]
    there = {f"{route.method} {route.resource.canonical}" for route in routes if route.resource}
    assert set(first_cells(section("HTTP endpoints", OPERATING))) == {
        one for one in there if not one.startswith("HEAD")
    }


def test_ci_runs_the_readme_s_test_command() -> None:
    command, *others = [line for line in shell_lines() if line.endswith("python -m pytest")]
    assert others == []
    assert command in (ROOT / ".ci" / "run").read_text()
