"""README.md, docs/ and .env.example name everything there is, and nothing that is not; what they tell to type works."""

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from bot.chat.commands import COMMANDS
from bot.settings import Settings
from bot.texts import Localizer
from bot.texts.arguments import pattern
from handlers import http
from main import parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
RUSSIAN = (ROOT / "README.ru.md").read_text()
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


def chat_usages(table: str = section("Commands in the chat")) -> list[str]:
    rows = table.splitlines()
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
            if action.help == argparse.SUPPRESS:
                continue  # not for people
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
    settings = SimpleNamespace(yookassa_webhook_key=None)
    context = SimpleNamespace(database=None, settings=settings)  # no request is made
    routes = http.build(context, None).router.routes()  # type: ignore[arg-type]
    there = {f"{route.method} {route.resource.canonical}" for route in routes if route.resource}
    assert set(first_cells(section("HTTP endpoints", OPERATING))) == {
        one for one in there if not one.startswith("HEAD")
    }


def test_ci_runs_the_readme_s_test_command() -> None:
    (command,) = {line for line in shell_lines() if line.endswith("python -m pytest")}
    assert command in (ROOT / ".ci" / "run").read_text()


# --- in Russian ----------------------------------------------------------------------------------


def headings(page: str) -> int:
    return page.count("\n## ")


def typed(page: str) -> list[str]:
    """What its shell blocks do, without their remarks."""
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [line.partition(" #")[0].rstrip() for block in blocks for line in block.splitlines()]


def pages_linked(page: str) -> set[str]:
    return set(re.findall(r"\]\(((?:docs/)?[\w.]+\.md(?:#[\w-]+)?)\)", page)) - {"README.md", "README.ru.md"}


def test_the_russian_readme_tells_the_same() -> None:
    assert headings(RUSSIAN) == headings(README)
    assert typed(RUSSIAN) == typed(README)
    pages = pages_linked(README.partition("\n## Where things live\n")[0])
    assert pages <= pages_linked(RUSSIAN)


def test_the_russian_readme_names_arguments_as_the_bot_does() -> None:
    told = {usage.split()[0]: usage for usage in chat_usages(section("Команды в чате", RUSSIAN))}
    with Localizer("ru", ZoneInfo("Europe/Moscow")).use_locale("ru"):
        usages = {f"/{command.name}": pattern(command) for command in COMMANDS}
    assert told == usages | {"/start": "/start"}


# --- where things live ---------------------------------------------------------------------------

COLUMNS = ("handlers", "bot/texts", "db", "tests")
CODE = ("handlers", "bot/texts", "db")
TESTS = ("tests/chat", "tests/db")


def capabilities() -> dict[str, dict[str, set[str]]]:
    """By word and column: what the row links to."""
    rows = re.findall(r"^\| \*\*(\w+)\*\* \|(.*)\|$", section("Where things live"), re.MULTILINE)
    cells = {
        word: [set(re.findall(r"\]\(([^)]+)\)", cell)) for cell in row.split(" | ")] for word, row in rows
    }
    return {word: dict(zip(COLUMNS, row, strict=True)) for word, row in cells.items()}


def of_no_capability() -> dict[str, set[str]]:
    """By folder, from the design's layout."""
    design = (ROOT / "docs" / "design.md").read_text()
    rows = re.findall(r"^\| `([a-z/]+)/` \| (`.*`) \|$", section("Layout", design), re.MULTILINE)
    return {folder: set(re.findall(r"`(\w+)`", names)) for folder, names in rows}


def entries(folder: str) -> set[str]:
    """Modules and packages of a folder, by their names; of a folder of tests what holds tests."""
    there = [path for path in (ROOT / folder).iterdir() if not path.name.startswith((".", "__"))]
    packages = {path.name for path in there if (path / "__init__.py").exists()}
    modules = {path.stem for path in there if path.suffix == ".py"}
    return packages | {name for name in modules if folder not in TESTS or name.startswith("test_")}


def belongs(name: str, word: str) -> bool:
    plain = name.removeprefix("test_")
    return plain == word or plain.startswith(f"{word}_")


@pytest.mark.parametrize("folder", [*CODE, "bot", *TESTS])
def test_every_file_is_a_capability_s_or_told_to_be_none_s(folder: str) -> None:
    words, others = capabilities(), of_no_capability()[folder]
    strangers = {name for name in entries(folder) if not any(belongs(name, word) for word in words)}
    assert strangers == others


@pytest.mark.parametrize("word", sorted(capabilities()))
def test_the_row_of_a_capability_shows_all_its_places(word: str) -> None:
    row = capabilities()[word]
    places = {folder: {name for name in entries(folder) if belongs(name, word)} for folder in (*CODE, *TESTS)}
    places["db"] = places["db"] or {
        f"lessons/{name}" for name in entries("db/lessons") if belongs(name, word)
    }
    for column in COLUMNS:
        there = {
            f"{folder}/{name}"
            for folder, names in places.items()
            if folder.startswith(column)
            for name in names
        }
        assert {link.removesuffix(".py") for link in row[column]} == there, column


def named_places() -> list[tuple[Path, str]]:
    """File and name of each place in the table of what one may look for: `name` in brackets after its file."""
    found = re.findall(r"\]\(([\w/.]+\.py)\) \(((?:`[\w.]+`(?:, )?)+)", section("Where things live"))
    return [(ROOT / path, name) for path, names in found for name in re.findall(r"`([\w.]+)`", names)]


def test_what_readme_finds_in_a_file_is_defined_there() -> None:
    places = named_places()
    assert len(places) > 10
    for path, name in places:
        last = name.rpartition(".")[2]
        assert re.search(
            rf"^\s*(?:async def|def|class) {last}\b|^{last}\b.*= ", path.read_text(), re.MULTILINE
        ), (
            path,
            name,
        )
