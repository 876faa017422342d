"""Command line and composition root: the one place that wires everything together."""

import argparse
import asyncio
import os
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import TelegramAPIError, TelegramUnauthorizedError
from aiohttp import web
from pydantic import SecretStr

import handlers
from bot import logs
from bot.catalogue import reading
from bot.context import AppContext
from bot.doctor import Verdict, examine
from bot.jobs import SCHEDULES, all_jobs
from bot.jobs.worker import Worker
from bot.payments import reconciling
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from bot.settings import FixedSettings, Settings, SettingsError, load
from bot.texts import Localizer
from bot.timings import Timings
from bot.updates.polling import Polling, Session, connect, introduce, show_commands
from bot.updates.process import UpdateProcessor
from bot.yookassa.client import YooKassa
from db.catalogue import loading as books_catalogue
from db.dsn import DsnError
from db.engine import Database, Pool
from db.postgres import backup as backups
from db.postgres.binaries import NoBinariesError
from db.postgres.server import EmbeddedServer, ServerError
from db.schema.migrate import SchemaState, migrate, state_of
from handlers import http

log = structlog.get_logger("lessongate")

DEMO_PORT = 8077
DEMO_TOKEN = "7777777777:demo-of-lessongate"
DEMO_ADMIN = 7000000003
DEMO_PAYMENT_TOKEN = "381764678:TEST:demo"  # the sandbox takes any, as Telegram's test ones look
SCHOOL = Path(__file__).parent / "bot" / "sandbox" / "school.toml"


class CommandError(Exception):
    """Ends a command with exit status 1; its text says what to do."""


class Application:
    """The whole bot over one database: made by the commands and by the tests alike, so that no second wiring drifts.

    `http_port` is where the HTTP side listens once `start` has returned.
    """

    def __init__(
        self, settings: Settings, dsn: str, *, direct_dsn: str | None = None, timings: Timings | None = None
    ):
        assert settings.bot_token is not None
        self.settings = settings
        self.database = Database(dsn)
        self.bot = Bot(
            settings.bot_token.get_secret_value(),
            session=Session(api=TelegramAPIServer.from_base(settings.telegram_api_url)),
            default=DefaultBotProperties(parse_mode=ParseMode.HTML, link_preview_is_disabled=True),
        )
        self.context = AppContext(
            settings=settings,
            database=self.database,
            bot=self.bot,
            localizer=Localizer(settings.default_language, settings.zone),
            provider=provider(settings),
            timings=timings or Timings(),
        )
        self.processor = UpdateProcessor(self.context, dispatcher())
        self.polling = None if settings.public_url else Polling(self.context, self.processor)
        self.worker = Worker(direct_dsn or dsn, self.context, all_jobs(self.processor), SCHEDULES)
        self.http_port = settings.http_port
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None

    def stop(self) -> None:
        """What is being handled is finished; `run` returns after it."""
        self._stopping.set()
        self.worker.stop()
        if self.polling is not None:
            self.polling.stop()

    async def start(self, *, bot: bool = True) -> None:
        """Opens the HTTP side. Raises OSError where its port is taken."""
        if not bot:
            return
        processor = None if self.polling else self.processor
        self._runner = web.AppRunner(
            http.build(self.context, processor), access_log=None, shutdown_timeout=30
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self.settings.http_host, self.settings.http_port).start()
        self.http_port = self._runner.addresses[0][1]

    async def run(self, *, bot: bool = True, worker: bool = True) -> None:
        """Until `stop`. Raises TelegramUnauthorizedError where the token is wrong."""
        async with asyncio.TaskGroup() as tasks:
            if worker:  # at once: what was paid is credited whether Telegram answers or not
                tasks.create_task(self.worker.run())
            tasks.create_task(self._talk(listen=bot, tasks=tasks))

    async def _talk(self, *, listen: bool, tasks: asyncio.TaskGroup) -> None:
        if not await introduce(self.context, self._stopping) or not listen:
            return
        await self._connect()
        tasks.create_task(self._menu())
        log.info("ready", bot=self.context.username, port=self.http_port, polling=self.polling is not None)
        if self.polling is not None:
            await self.polling.run()
        else:
            await self._stopping.wait()

    async def _connect(self) -> None:
        while not self._stopping.is_set():
            try:
                return await connect(self.context)
            except TelegramAPIError as error:
                log.warning("not_connected", error=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 5)
        return None

    async def _menu(self) -> None:
        with suppress(TelegramAPIError):
            await show_commands(self.context)

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        await self.processor.finish()
        await self.bot.session.close()
        if self.context.provider is not None:
            await self.context.provider.close()
        await self.database.close()


@cache
def dispatcher() -> Dispatcher:
    """One for every app in the process: a router belongs to one dispatcher for good. FSM off: aiogram's own would
    read on a connection of its own; the conversation is in our transaction."""
    made = Dispatcher(disable_fsm=True)
    made.include_routers(*handlers.routers())
    return made


def provider(settings: Settings) -> YooKassa | None:
    if settings.yookassa_shop_id is None or settings.yookassa_secret_key is None:
        return None
    secret = settings.yookassa_secret_key.get_secret_value()
    return YooKassa(settings.yookassa_shop_id, secret, settings.yookassa_api_url)


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[tuple[str, str]]:
    """The address of the database, and the one around a pooler; the embedded server runs meanwhile."""
    if settings.dsn:
        yield settings.dsn, settings.direct_dsn or settings.dsn
        return
    async with EmbeddedServer(settings.data_dir) as server:
        yield server.dsn, server.dsn


async def until_signal(app: Application, *, bot: bool = True, worker: bool = True) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.stop)
    try:
        await app.run(bot=bot, worker=worker)
    finally:
        await app.close()


# --- commands ----------------------------------------------------------------------------------


async def run(settings: Settings, only: str | None, timings: Timings | None = None) -> None:
    if settings.bot_token is None:
        raise CommandError("BOT_TOKEN: missing; BotFather gives it. To try without one: python main.py demo")
    async with migrated(settings) as (dsn, direct):
        app = Application(settings, dsn, direct_dsn=direct, timings=timings)
        try:
            await app.start(bot=only != "worker")
        except OSError as error:
            await app.close()
            raise CommandError(
                f"HTTP_PORT: {settings.http_host}:{settings.http_port} can't be used: {error}"
            ) from error
        await until_signal(app, bot=only != "worker", worker=only != "bot")


def demo_settings(origin: str, data_dir: Path) -> Settings:
    """Of the live shop's environment only the place of local state is taken."""
    return FixedSettings(
        bot_token=SecretStr(DEMO_TOKEN),
        telegram_api_url=origin,
        data_dir=data_dir,
        admin_ids=(DEMO_ADMIN,),
        http_port=0,
        yookassa_shop_id=DEMO_SHOP_ID,
        yookassa_secret_key=SecretStr(DEMO_SECRET_KEY),
        yookassa_api_url=f"{origin}/v3",
        telegram_payment_token=SecretStr(DEMO_PAYMENT_TOKEN),
        support_contact="@lessongate_demo",
    )


async def demo(data_dir: Path, port: int, browser: bool) -> None:
    folder = data_dir / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    sandbox = Sandbox(folder)
    try:
        origin = await sandbox.start(port)
    except OSError as error:
        raise CommandError(
            f"port {port} can't be used ({error}); try: python main.py demo --port {port + 1}"
        ) from error
    try:
        settings = demo_settings(origin, folder)
        async with database(settings) as (dsn, _direct):
            if not await migrate(dsn, log.debug):
                raise CommandError("the demo's database could not be migrated")
            app = Application(settings, dsn)
            await load_catalogue(app.database, SCHOOL, say=log.debug)
            await app.bot.set_my_name("Lessongate")
            await app.start()
            sandbox.yookassa.notifications_url = f"http://127.0.0.1:{app.http_port}/yookassa/webhook"
            print(
                f"\n  Lessongate demo: open {origin}\n  Ctrl+C stops it; chats and payments are kept.\n",
                flush=True,
            )
            if browser:
                webbrowser.open(origin)
            await until_signal(app)
    finally:
        await sandbox.stop()


async def sandbox(data_dir: Path, port: int) -> None:
    folder = data_dir / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    world = Sandbox(folder, any_shop=True)
    try:
        origin = await world.start(port)
    except OSError as error:
        raise CommandError(f"port {port} can't be used: {error}") from error
    print(
        f"\n  Sandbox: open {origin}\n  Bot API server:  {origin}  (any token of the form 123:abc)\n"
        f"  YooKassa API:    {origin}/v3  (any shop id and key)\n"
        f"  Its callbacks:   set their address on {origin}/dashboard\n",
        flush=True,
    )
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await stopping.wait()
    await world.stop()


async def load_catalogue(database: Database, path: Path, say: Callable[[str], object]) -> None:
    """All of the file or nothing. Raises Wrong."""
    try:
        read = reading.read(path)
        async with database.transaction(Pool.JOBS) as session:
            changes = await books_catalogue.load_catalogue(session, read)
    except (reading.CatalogueError, books_catalogue.CatalogueRefusedError) as error:
        raise CommandError("\n".join(error.lines)) from error
    for change in changes:
        say(str(change))


@asynccontextmanager
async def migrated(settings: Settings) -> AsyncIterator[tuple[str, str]]:
    """The database with this code's schema: the embedded one is brought there, another one is refused otherwise."""
    async with database(settings) as (dsn, direct):
        if settings.database_url is None:
            if not await migrate(dsn, log.debug):
                raise CommandError("the embedded database could not be migrated")
        elif (state := await state_of(direct)) is not SchemaState.CURRENT:
            raise CommandError(f"DATABASE_URL: the schema is {state}; run: python main.py migrate")
        yield dsn, direct


async def migrate_command(settings: Settings) -> None:
    async with database(settings) as (_dsn, direct):
        if not await migrate(direct, print):
            raise CommandError("nothing was changed")


async def catalog_load(settings: Settings, path: Path) -> None:
    async with migrated(settings) as (dsn, _direct):
        database = Database(dsn)
        try:
            await load_catalogue(database, path, print)
        finally:
            await database.close()


async def catalog_check(path: Path) -> None:
    try:
        reading.read(path)
    except reading.CatalogueError as error:
        raise CommandError("\n".join(error.lines)) from error
    print("ok")


async def reconcile(settings: Settings) -> None:
    """The bot may run meanwhile: whatever both of them find is settled once."""
    if settings.bot_token is None:
        raise CommandError("BOT_TOKEN: missing; BotFather gives it")
    async with migrated(settings) as (dsn, direct):
        app = Application(settings, dsn, direct_dsn=direct)
        try:
            report = await reconciling.reconcile(app.context)
        finally:
            await app.close()
    for what, count in report.looked_at.items():
        print(f"{what}: {count} looked at, {report.found.get(what, 0)} put right or alarmed about")
    if report.failed:
        raise CommandError("\n".join(f"{part}: {why}" for part, why in report.failed.items()))


async def backup(settings: Settings, path: Path) -> None:
    async with database(settings) as (_dsn, direct):
        size = await backups.backup(direct, path)
    print(f"{path}: {size} bytes")


async def restore(settings: Settings, path: Path, replace: bool) -> None:
    async with database(settings) as (_dsn, direct):
        await backups.restore(direct, path, replace=replace)
    print(f"restored from {path}")


async def doctor(_: Settings) -> None:
    """The shop's settings are read here, so that wrong ones are findings like everything else."""
    try:
        settings: Settings | SettingsError = load()
    except SettingsError as error:
        settings = error
    problems = 0
    async for finding in examine(settings, database):
        print(finding, flush=True)
        problems += finding.verdict is Verdict.PROBLEM
    if problems:
        raise CommandError(f"{problems} to be put right")


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="main.py", description="Lessongate: time-limited access to learning.")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, about: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=about, description=about)

    one = add("run", "Run the bot: updates, callbacks and jobs in one process.")
    one.add_argument("--only", choices=("bot", "worker"), help="run only this half")
    one = add("demo", "Chat with the bot in a browser: no token, no server, no provider.")
    one.add_argument("--port", type=int, default=DEMO_PORT)
    one.add_argument("--no-browser", action="store_true")
    one = add("sandbox", "The demo's servers and page alone, for any bot and any token.")
    one.add_argument("--port", type=int, default=DEMO_PORT)
    add("migrate", "Make or adopt the database.")
    one = add("catalog", "Check or load a catalogue file.")
    one.add_argument("action", choices=("check", "load"))
    one.add_argument("file", type=Path)
    add("reconcile", "Hold the books against the providers, once.")
    add("doctor", "Look at settings, database, Telegram and provider; say what to do.")
    one = add("backup", "Write a backup of the database.")
    one.add_argument("file", type=Path)
    one = add("restore", "Read a backup into an empty database.")
    one.add_argument("file", type=Path)
    one.add_argument("--replace", action="store_true", help="into one that has rows: they are replaced")
    return root


def chosen(arguments: argparse.Namespace) -> Callable[[Settings], Coroutine[Any, Any, None]]:
    match arguments.command:
        case "run":
            return lambda settings: run(settings, arguments.only)
        case "demo":
            return lambda settings: demo(settings.data_dir, arguments.port, not arguments.no_browser)
        case "sandbox":
            return lambda settings: sandbox(settings.data_dir, arguments.port)
        case "migrate":
            return migrate_command
        case "catalog" if arguments.action == "check":
            return lambda settings: catalog_check(arguments.file)
        case "catalog":
            return lambda settings: catalog_load(settings, arguments.file)
        case "reconcile":
            return reconcile
        case "doctor":
            return doctor
        case "backup":
            return lambda settings: backup(settings, arguments.file)
        case _:
            return lambda settings: restore(settings, arguments.file, arguments.replace)


NO_SETTINGS = {"demo", "sandbox", "doctor"}
EXPECTED_ERRORS = (
    SettingsError,
    CommandError,
    ServerError,
    NoBinariesError,
    DsnError,
    backups.BackupError,
    TelegramUnauthorizedError,
    asyncpg.PostgresError,
    OSError,
)


def settings_for(command: str) -> Settings:
    """The demo and the sandbox read no shop's settings, only where local state is; the doctor
    reads them itself. Raises SettingsError."""
    if command not in NO_SETTINGS:
        return load()
    return FixedSettings(data_dir=Path(os.environ.get("DATA_DIR") or "var"))


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parser().parse_args(arguments)
    try:
        settings = settings_for(asked.command)
        logs.set_up(settings.log_format, settings.log_level, settings.secrets())
        with asyncio.Runner(loop_factory=fast_loop()) as runner:
            runner.run(chosen(asked)(settings))
    except EXPECTED_ERRORS as error:
        return fail(ExceptionGroup("told", [error]))
    except ExceptionGroup as group:
        if group.split(EXPECTED_ERRORS)[1] is not None:
            raise
        return fail(group)
    return 0


def fail(group: BaseExceptionGroup[Exception]) -> int:
    """One clear line for each thing that is wrong."""
    for error in group.exceptions:
        match error:
            case ExceptionGroup():
                fail(error)
            case TelegramUnauthorizedError():
                print("BOT_TOKEN: Telegram does not know this token", file=sys.stderr)
            case OSError() | asyncpg.PostgresError():
                print(f"the database can't be used: {error}", file=sys.stderr)
            case _:
                print(error, file=sys.stderr)
    return 1


def fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one (not on Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    raise SystemExit(main())
