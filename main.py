"""Command line: what each command is called and takes, and how it ends."""

import argparse
import asyncio
import os
import sys
import tomllib
from argparse import Namespace
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import asyncpg
from aiogram.exceptions import TelegramUnauthorizedError

from bot import logs
from bot.catalogue import reading
from bot.catalogue.loading import export_file, load_file
from bot.database import NotMigratedError, open_database, open_migrated
from bot.doctor import Severity, examine
from bot.payments import reconciling
from bot.settings import FixedSettings, Settings, SettingsError, load
from db.catalogue.loading import CatalogueRefusedError
from db.dsn import DsnError
from db.engine import Database
from db.postgres import backup as backups
from db.postgres.binaries import NoBinariesError
from db.postgres.server import ServerError
from db.probe import UnusableError
from db.schema.migrate import migrate as migrate_schema
from handlers import demo as demonstration
from handlers.app import Application, PortInUseError, fast_loop, serve

Run = Callable[[Settings, Namespace], Awaitable[None]]


class CommandError(Exception):
    """Ends a command with exit status 1; its text says what to do."""


EXPECTED_ERRORS = (
    CommandError,
    SettingsError,
    NotMigratedError,
    UnusableError,
    PortInUseError,
    demonstration.FolderInUseError,
    ServerError,
    NoBinariesError,
    DsnError,
    reading.CatalogueError,
    CatalogueRefusedError,
    backups.BackupError,
    TelegramUnauthorizedError,
    asyncpg.PostgresError,
    OSError,
)


async def run(settings: Settings, asked: Namespace) -> None:
    await serve(settings, bot=asked.only != "worker", worker=asked.only != "bot")


async def demo(settings: Settings, asked: Namespace) -> None:
    await demonstration.demo(settings.data_dir, asked.port, browser=not asked.no_browser)


async def sandbox(settings: Settings, asked: Namespace) -> None:
    await demonstration.sandbox(settings.data_dir, asked.port)


async def migrate(settings: Settings, asked: Namespace) -> None:
    async with open_database(settings) as (dsn, direct):
        bot_dsn = dsn if settings.dsn else None  # the embedded server's only role is its owner
        if not await migrate_schema(direct, print, bot_dsn=bot_dsn, create=asked.create):
            raise CommandError("the database is not ready for the bot")


async def catalog(settings: Settings, asked: Namespace) -> None:
    if asked.action == "check":
        reading.read(asked.file)
        print("ok")
        return
    async with open_migrated(settings) as (dsn, _direct):
        database = Database(dsn)
        try:
            act = load_file if asked.action == "load" else export_file
            for line in await act(database, asked.file):
                print(line)
        finally:
            await database.close()


async def reconcile(settings: Settings, _: Namespace) -> None:
    """The bot may run meanwhile: whatever both of them find is settled once."""
    async with open_migrated(settings) as (dsn, direct):
        app = Application(settings, dsn, direct_dsn=direct)
        try:
            report = await reconciling.reconcile(app.context)
        finally:
            await app.close()
    for what, count in report.looked_at.items():
        print(f"{what}: {count} looked at, {report.found.get(what, 0)} put right or alarmed about")
    if report.failed:
        raise CommandError("\n".join(f"{part}: {why}" for part, why in report.failed.items()))


async def doctor(_settings: Settings, _: Namespace) -> None:
    """Reads the shop's settings itself, so that wrong ones are findings like everything else."""
    try:
        settings: Settings | SettingsError = load()
    except SettingsError as error:
        settings = error
    problems = 0
    async for finding in examine(settings, open_database):
        print(finding, flush=True)
        problems += finding.severity is Severity.PROBLEM
    if problems:
        raise CommandError(f"{problems} to be put right")


async def backup(settings: Settings, asked: Namespace) -> None:
    async with open_database(settings) as (_dsn, direct):
        size = await backups.backup(direct, asked.file)
    print(f"{asked.file}: {size} bytes")


async def restore(settings: Settings, asked: Namespace) -> None:
    async with open_database(settings) as (_dsn, direct):
        await backups.restore(direct, asked.file, replace=asked.replace)
    print(f"restored from {asked.file}")


def local_settings() -> Settings:
    """Of the environment only where local state is: for commands that must not touch the shop."""
    return FixedSettings(data_dir=Path(os.environ.get("DATA_DIR") or "var"))


def bot_settings() -> Settings:
    """Raises SettingsError, where there is no bot token too."""
    settings = load()
    if settings.bot_token is None:
        raise SettingsError(
            ["BOT_TOKEN: missing; BotFather gives it. To try without one: python main.py demo"]
        )
    return settings


def version() -> str:
    """From pyproject.toml: a checkout is run as it is, without being installed."""
    about = tomllib.loads(Path(__file__).with_name("pyproject.toml").read_text("utf-8"))
    return str(about["project"]["version"])


def parser() -> argparse.ArgumentParser:
    """What it parses has `settings`, which reads them, and `run`, which does what was asked with them."""
    root = argparse.ArgumentParser(prog="main.py", description="Lessongate: time-limited access to learning.")
    root.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(run: Run, about: str, settings: Callable[[], Settings] = load) -> argparse.ArgumentParser:
        command = commands.add_parser(run.__name__, help=about, description=about)
        command.set_defaults(run=run, settings=settings)
        return command

    one = add(run, "Run the bot: updates, callbacks and jobs in one process.", bot_settings)
    one.add_argument("--only", choices=("bot", "worker"), help="run only this half")
    one = add(demo, "Chat with the bot in a browser: no token, no server, no provider.", local_settings)
    one.add_argument("--port", type=int, default=demonstration.PORT)
    one.add_argument("--no-browser", action="store_true")
    one = add(sandbox, "The demo's servers and page alone, for any bot and any token.", local_settings)
    one.add_argument("--port", type=int, default=demonstration.PORT)
    one = add(migrate, "Make or adopt the database.")
    one.add_argument("--create", action="store_true", help="make the tables also beside other ones")
    one = add(catalog, "Check or load a catalogue file, or export one.")
    one.add_argument("action", choices=("check", "load", "export"))
    one.add_argument("file", type=Path)
    add(reconcile, "Hold the books against the providers, once.", bot_settings)
    add(doctor, "Look at settings, database, Telegram and provider; say what to do.", local_settings)
    one = add(backup, "Write a backup of the database.")
    one.add_argument("file", type=Path)
    one = add(restore, "Read a backup into an empty database.")
    one.add_argument("file", type=Path)
    one.add_argument("--replace", action="store_true", help="into one that has rows: they are replaced")
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parser().parse_args(arguments)
    try:
        settings = asked.settings()
        logs.set_up(settings.log_format, settings.log_level, settings.secrets())
        with asyncio.Runner(loop_factory=fast_loop()) as runner:
            runner.run(asked.run(settings, asked))
    except EXPECTED_ERRORS as error:
        return fail(ExceptionGroup("expected", [error]))
    except ExceptionGroup as group:
        if group.split(EXPECTED_ERRORS)[1] is not None:
            raise
        return fail(group)
    return 0


def fail(group: BaseExceptionGroup[Exception]) -> int:
    """Prints one line for each error; returns the exit status."""
    for error in group.exceptions:
        match error:
            case ExceptionGroup():
                fail(error)
            case TelegramUnauthorizedError():
                print("BOT_TOKEN: Telegram does not know this token", file=sys.stderr)
            case OSError(filename=str(path)) if error.strerror:
                print(f"{path}: {error.strerror}", file=sys.stderr)
            case OSError() | asyncpg.PostgresError():
                print(f"the database can't be used: {error}", file=sys.stderr)
            case _:
                print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
