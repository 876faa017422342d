"""What each command of the command line does, and how it says that it could not."""

import asyncio
import socket
import sys
from argparse import Namespace
from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg
from aiogram.exceptions import TelegramUnauthorizedError
from sqlalchemy.exc import DBAPIError

from bot import logs
from bot.catalogue import reading
from bot.catalogue.loading import export_file, load_file
from bot.database import NotMigratedError, open_database, open_migrated
from bot.doctor import Severity, examine
from bot.masking import Masker
from bot.payments import reconciling
from bot.settings import Settings, SettingsError, load
from db.catalogue.loading import CatalogueRefusedError
from db.dsn import DsnError
from db.engine import Database, is_refusal, is_unavailable
from db.postgres import backup as backups
from db.postgres.binaries import NoBinariesError
from db.postgres.server import ServerError
from db.probe import UnusableError, reason_of
from db.schema.migrate import migrate as migrate_schema
from handlers import demo as demonstration
from handlers import processes
from handlers.app import Application, fast_loop, serve

Run = Callable[[Settings, Namespace], Coroutine[Any, Any, None]]


class CommandError(Exception):
    """Ends a command with exit status 1; its text says what to do."""


EXPECTED_ERRORS = (
    CommandError,
    SettingsError,
    NotMigratedError,
    UnusableError,
    processes.PortInUseError,
    processes.NotStartedError,
    demonstration.FolderInUseError,
    demonstration.OtherLanguageError,
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
    bot, worker = asked.only != "worker", asked.only != "bot"
    if asked.processes is not None:
        return await _run_several(settings, asked, bot=bot)
    listening = None if asked.listening is None else socket.socket(fileno=asked.listening)
    return await serve(settings, bot=bot, worker=worker, listening=listening)


async def _run_several(settings: Settings, asked: Namespace, *, bot: bool) -> None:
    """The database is made ready, and kept there, before any of them begins."""
    if not bot or settings.public_url is None:
        raise CommandError(
            "--processes: several share the port that updates come to: set PUBLIC_URL, without it one process asks"
            " Telegram for updates; for several workers start `run --only worker` several times"
        )
    async with open_migrated(settings):
        with processes.listen(settings) as listening:
            await processes.keep(asked.processes, listening, ["--only", "bot"] if asked.only else [])


async def demo(settings: Settings, asked: Namespace) -> None:
    browser = not asked.no_browser
    await demonstration.demo(settings.data_dir, asked.port, browser=browser, language=asked.language)


async def sandbox(settings: Settings, asked: Namespace) -> None:
    await demonstration.sandbox(settings.data_dir, asked.port)


async def migrate(settings: Settings, asked: Namespace) -> None:
    async with open_database(settings) as (dsn, direct):
        bot_dsn = dsn if settings.dsn else None  # the embedded server's only role is its owner
        if not await migrate_schema(direct, print, bot_dsn=bot_dsn, create=asked.create):
            raise CommandError("the database is not ready for the bot")


async def catalog(settings: Settings, asked: Namespace) -> None:
    shop = settings if settings.bot_token else None  # without a bot, the file is held against itself only
    async with open_migrated(settings) as (dsn, _direct):
        database = Database(dsn)
        try:
            loads = asked.action == "load"
            lines = load_file(database, asked.file, shop) if loads else export_file(database, asked.file)
            for line in await lines:
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


COMMANDS: dict[str, Run] = {
    command.__name__: command
    for command in (run, demo, sandbox, migrate, catalog, reconcile, doctor, backup, restore)
}


def execute(settings: Settings, asked: Namespace) -> int:
    """Does `asked.command`; the exit status."""
    logs.set_up(settings.log_format, settings.log_level, settings.secrets())
    try:
        with asyncio.Runner(loop_factory=fast_loop()) as runner:
            runner.run(COMMANDS[asked.command](settings, asked))
    except Exception as error:
        group = error if isinstance(error, ExceptionGroup) else ExceptionGroup("one", [error])
        if group.split(is_expected)[1] is not None:
            raise
        return fail(group, Masker(settings.secrets()))
    return 0


def is_expected(error: BaseException) -> bool:
    """Whether a person can put it right, so that one line says more than a traceback."""
    of_database = isinstance(error, DBAPIError) and (is_refusal(error) or is_unavailable(error))
    return of_database or isinstance(error, EXPECTED_ERRORS)


def fail(group: BaseExceptionGroup[Exception], masker: Masker) -> int:
    """Prints one line for each error; returns the exit status."""
    for error in group.exceptions:
        match error:
            case ExceptionGroup():
                fail(error, masker)
            case TelegramUnauthorizedError():
                print("BOT_TOKEN: Telegram does not know this token", file=sys.stderr)
            case OSError(filename=str(path)) if error.strerror:
                print(f"{path}: {error.strerror}", file=sys.stderr)
            case OSError() | asyncpg.PostgresError() | DBAPIError():
                said = masker.without_secrets(reason_of(error))
                print(f"the database can't be used: {said}", file=sys.stderr)
            case _:
                print(masker.without_secrets(str(error)), file=sys.stderr)
    return 1
