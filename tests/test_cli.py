"""Every command in a process of its own: its output and its exit status."""

import asyncio
import os
import re
import stat
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from handlers.demo import SCHOOL
from main import main
from tests.database import Databases
from tests.process import PATIENCE, Ended, command

ROOT = Path(__file__).parent.parent
TOKEN = "7777777777:command-line-of-the-tests"
COMMANDS = ("run", "demo", "sandbox", "migrate", "catalog", "reconcile", "doctor", "backup", "restore")


@pytest.fixture
def dsn(fresh_dsn: str) -> str:
    """Of a database that nobody else is connected to."""
    return fresh_dsn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the commands are started: no `.env` there."""
    return tmp_path


async def typed(folder: Path, *arguments: str, **settings: str) -> Ended:
    """As `command`, but with a Python of its own."""
    needed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command_line = [sys.executable, str(ROOT / "main.py"), *arguments]
    process = await asyncio.create_subprocess_exec(
        *command_line, cwd=folder, env=needed | settings, stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(PATIENCE):
        output, errors = await process.communicate()
    return Ended(process.returncode, output.decode(), errors.decode())


@pytest.fixture
async def other_database(cluster: Databases) -> AsyncIterator[str]:
    """A second one without tables, to restore into."""
    async with cluster.clone("template0") as dsn:
        yield dsn


async def count(dsn: str, table: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        found: int = await connection.fetchval(f"select count(*) from {table}")
        return found
    finally:
        await connection.close()


# --- help and mistakes ---


async def test_help_names_every_command(folder: Path) -> None:
    ended = await typed(folder, "--help")
    assert (ended.status, ended.errors) == (0, "")
    named = re.findall(r"^    (\w+)", ended.output, re.MULTILINE)
    assert tuple(named) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: main.py {name}")


@pytest.mark.parametrize("arguments", [[], ["dance"], ["catalog", "burn", "x.toml"], ["run", "--only", "x"]])
def test_what_is_no_command_is_told_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: main.py")


async def test_without_a_token_one_line_says_so(folder: Path) -> None:
    ended = await typed(folder, "run")
    assert (ended.status, ended.output) == (1, "")
    [line] = ended.errors.splitlines()
    assert line.startswith("BOT_TOKEN: missing")
    assert os.listdir(folder) == []


async def test_wrong_settings_are_a_line_each_and_no_secret(folder: Path) -> None:
    ended = await command(folder, "run", BOT_TOKEN="7 secret-thing", HTTP_PORT="http", TIMEZONE="Moscow")
    assert ended.status == 1
    lines = ended.errors.splitlines()
    assert {line.split(":")[0] for line in lines} == {"BOT_TOKEN", "HTTP_PORT", "TIMEZONE"}
    assert len(lines) == 3
    assert "secret-thing" not in ended.errors


async def test_a_database_that_does_not_answer_is_one_line(folder: Path) -> None:
    ended = await command(folder, "migrate", DATABASE_URL="postgresql://app:secret-thing@127.0.0.1:9/app")
    assert ended.status == 1
    [line] = ended.errors.splitlines()
    assert line.startswith("the database can't be used: ")
    assert "secret-thing" not in line


# --- the database ---


async def test_run_refuses_a_database_that_is_not_migrated(folder: Path, empty_database: str) -> None:
    ended = await command(folder, "run", BOT_TOKEN=TOKEN, DATABASE_URL=empty_database)
    assert ended.status == 1
    assert ended.errors.splitlines() == ["DATABASE_URL: the schema is empty; run: python main.py migrate"]


async def test_migrate_twice(folder: Path, empty_database: str) -> None:
    first = await command(folder, "migrate", DATABASE_URL=empty_database)
    assert (first.status, first.errors) == (0, "")
    assert await count(empty_database, "bot.alembic_version") == 1
    second = await command(folder, "migrate", DATABASE_URL=empty_database)
    assert (second.status, second.errors) == (0, "")
    assert second.output != first.output
    assert second.output


async def test_migrate_changes_nothing_where_the_contract_is_broken(
    folder: Path, empty_database: str
) -> None:
    connection = await asyncpg.connect(empty_database)
    await connection.execute("create table users (id bigint primary key, e_mail text)")
    await connection.close()
    ended = await command(folder, "migrate", DATABASE_URL=empty_database)
    assert ended.status == 1
    assert "users.email" in ended.output
    assert ended.errors.splitlines() == ["the database is not ready for the bot"]
    assert await count(empty_database, "pg_namespace where nspname = 'bot'") == 0


async def test_tables_beside_others_are_made_only_if_that_is_meant(folder: Path, empty_database: str) -> None:
    connection = await asyncpg.connect(empty_database)
    await connection.execute('create table "Users" (id bigint)')
    await connection.close()
    refused = await command(folder, "migrate", DATABASE_URL=empty_database)
    assert refused.status == 1
    assert 'public."Users" (near our users)' in refused.output
    made = await command(folder, "migrate", "--create", DATABASE_URL=empty_database)
    assert (made.status, made.errors) == (0, "")
    assert await count(empty_database, "modules") == 0


# --- the catalogue ---


async def test_a_good_catalogue_is_ok(folder: Path) -> None:
    ended = await command(folder, "catalog", "check", SCHOOL)
    assert (ended.status, ended.output, ended.errors) == (0, "ok\n", "")


async def test_the_version_is_told(folder: Path) -> None:
    ended = await command(folder, "--version")
    assert (ended.status, ended.errors) == (0, "")
    assert re.fullmatch(r"main\.py \d+\.\d+\.\d+\n", ended.output)


async def test_a_bad_catalogue_is_named_and_not_loaded(folder: Path, dsn: str) -> None:
    file = folder / "school.toml"
    file.write_text('surprise = 1\n[[modules]]\nkey = "a b"\nname = ""\n')
    checked = await command(folder, "catalog", "check", file)
    loaded = await command(folder, "catalog", "load", file, DATABASE_URL=dsn)
    assert checked == loaded
    assert (checked.status, checked.output) == (1, "")
    lines = checked.errors.splitlines()
    assert len(lines) >= 3
    assert all(any(name in line for line in lines) for name in ("surprise", "key", "name"))
    assert await count(dsn, "modules") == 0


async def test_a_catalogue_that_is_not_there(folder: Path) -> None:
    ended = await command(folder, "catalog", "check", "nowhere.toml")
    assert ended.status == 1
    assert ended.errors.splitlines() == ["nowhere.toml: No such file or directory"]


async def test_a_catalogue_is_loaded_once(folder: Path, dsn: str) -> None:
    first = await command(folder, "catalog", "load", SCHOOL, DATABASE_URL=dsn)
    assert (first.status, first.errors) == (0, "")
    assert len(first.output.splitlines()) > 10
    held = await count(dsn, "modules")
    second = await command(folder, "catalog", "load", SCHOOL, DATABASE_URL=dsn)
    assert (second.status, second.output, second.errors) == (0, "", "")
    assert await count(dsn, "modules") == held > 0
    exported = await command(folder, "catalog", "export", "exported.toml", DATABASE_URL=dsn)
    assert (exported.status, exported.output, exported.errors) == (0, "", "")
    third = await command(folder, "catalog", "load", "exported.toml", DATABASE_URL=dsn)
    assert (third.status, third.output, third.errors) == (0, "", "")


# --- backup and restore ---


async def test_a_backup_comes_back(folder: Path, dsn: str, other_database: str) -> None:
    file = folder / "school.backup"
    await command(folder, "catalog", "load", SCHOOL, DATABASE_URL=dsn)
    made = await command(folder, "backup", file, DATABASE_URL=dsn)
    assert (made.status, made.errors) == (0, "")
    assert made.output == f"{file}: {file.stat().st_size} bytes\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restored = await command(folder, "restore", file, DATABASE_URL=other_database)
    assert (restored.status, restored.errors) == (0, "")
    for table in ("modules", "promocodes", "bot.offers", "bot.alembic_version"):
        assert await count(other_database, table) == await count(dsn, table) > 0
    refused = await command(folder, "restore", file, DATABASE_URL=other_database)
    assert refused.status == 1
    assert "Traceback" not in refused.errors
    replaced = await command(folder, "restore", file, "--replace", DATABASE_URL=other_database)
    assert (replaced.status, replaced.errors) == (0, "")


async def test_backups_are_not_written_over_and_rubbish_is_not_restored(folder: Path, dsn: str) -> None:
    file = folder / "precious"
    file.write_text("no backup")
    ended = await command(folder, "backup", file, DATABASE_URL=dsn)
    assert (ended.status, file.read_text()) == (1, "no backup")
    assert ended.errors.splitlines() == [f"{file} exists already: name another file"]
    ended = await command(folder, "restore", file, DATABASE_URL=dsn)
    assert ended.status == 1
    assert str(file) in ended.errors
    assert "Traceback" not in ended.errors


# --- reconcile ---


def shop(origin: str, dsn: str, key: str = DEMO_SECRET_KEY) -> dict[str, str]:
    return {
        "BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": origin,
        "DATABASE_URL": dsn,
        "YOOKASSA_SHOP_ID": DEMO_SHOP_ID,
        "YOOKASSA_SECRET_KEY": key,
        "YOOKASSA_API_URL": f"{origin}/v3",
    }


async def test_reconcile_asks_the_providers_and_names_what_failed(folder: Path, dsn: str) -> None:
    sandbox = Sandbox(None, pace=0.01)
    origin = await sandbox.start()
    try:
        well = await command(folder, "reconcile", **shop(origin, dsn))
        assert (well.status, well.errors) == (0, "")
        badly = await command(folder, "reconcile", **shop(origin, dsn, "wrong"))
        assert badly.status == 1
        assert any(line.startswith("succeeded payments: ") for line in badly.errors.splitlines())
        assert "Traceback" not in badly.errors
    finally:
        await sandbox.stop()


async def test_a_catalogue_is_checked_without_what_a_bot_needs(folder: Path) -> None:
    """An editor calls it after every change: importing a bot would take seconds."""
    call = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv[1:] = ['catalog', 'check', {str(SCHOOL)!r}]"
    )
    checked = f"{call}; from main import main; assert main() == 0; print(*sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", checked, cwd=folder, stdout=PIPE)
    output, _ = await process.communicate()
    ok, loaded = output.decode().splitlines()[-2:]
    assert ok == "ok"
    assert not {"aiogram", "aiohttp", "sqlalchemy.orm", "alembic", "matplotlib"} & set(loaded.split())
