"""Composition root: the whole bot over one database, wired in one place for the commands and for the tests."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable
from functools import cache
from typing import Literal

import structlog
from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.enums import ParseMode
from aiogram.exceptions import TelegramAPIError
from aiohttp import web

from bot.clock import Clock, utc_now
from bot.context import AppContext
from bot.database import open_migrated
from bot.jobs import SCHEDULES, all_jobs
from bot.jobs.drivers import Connections, connections
from bot.jobs.worker import Worker
from bot.retry import happens_within
from bot.settings import Settings
from bot.telegram import open_session
from bot.texts import Localizer
from bot.timings import Timings
from bot.updates import menus
from bot.updates.polling import RETRY_PAUSE, Polling, connect, introduce
from bot.updates.process import UpdateProcessor
from bot.yookassa.client import YooKassa
from db.engine import Database
from handlers import conversation, home, http, http_limits, payments
from handlers.dispatching import TableDispatcher
from handlers.processes import PortInUseError
from handlers.routers import ROUTERS

log = structlog.get_logger(__name__)

# Seconds after a signal: systemd and Docker kill after 90 and 10 by default; compose.yaml says how long it waits.
FINISH_WITHIN = 8.0
CLOSE_WITHIN = 5.0
GIVE_UP_WITHIN = 1.0


class Application:
    """`http_port` is where its HTTP endpoints are once `start` has returned. The settings must have a bot token."""

    def __init__(
        self,
        settings: Settings,
        dsn: str,
        *,
        direct_dsn: str | None = None,
        timings: Timings | None = None,
        clock: Clock | None = None,
        database: Database | None = None,
        worker_connections: Connections = connections,
    ):
        assert settings.bot_token is not None
        self.settings = settings
        now = clock.now if clock else utc_now
        self.database = database or Database(dsn)
        self.bot = Bot(
            settings.bot_token.get_secret_value(),
            session=open_session(settings),
            default=DefaultBotProperties(parse_mode=ParseMode.HTML, link_preview_is_disabled=True),
        )
        self.context = AppContext(
            settings=settings,
            database=self.database,
            bot=self.bot,
            localizer=Localizer(settings.default_language, settings.zone, now),
            provider=yookassa_client(settings),
            timings=timings or Timings(),
            now=now,
        )
        self.processor = UpdateProcessor(self.context, dispatcher(), dispatcher().ahead)
        self.polling = None if settings.public_url else Polling(self.context, self.processor)
        jobs = all_jobs(self.processor)
        self.worker = Worker(direct_dsn or dsn, self.context, jobs, SCHEDULES, worker_connections)
        self.http_port = settings.http_port
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None

    def stop(self) -> None:
        """Updates and jobs under way are finished; then `run` returns."""
        self._stopping.set()
        self.worker.stop()
        if self.polling is not None:
            self.polling.stop()

    async def start(self, *, bot: bool = True, listening: socket.socket | None = None) -> None:
        """Opens the HTTP endpoints, on a port of their own or on the one handed on. Raises PortInUseError."""
        if not bot:
            return
        processor = None if self.polling else self.processor
        self._runner = http_limits.runner(http.build(self.context, processor), self.context.timings.idle)
        await self._runner.setup()
        assert self._runner.server is not None
        http_limits.limit_connections(self._runner.server, self.context.timings)
        if listening is not None:
            await web.SockSite(self._runner, listening).start()
        else:
            await self._open_port(self._runner)
        self.http_port = self._runner.addresses[0][1]

    async def _open_port(self, runner: web.AppRunner) -> None:
        host, port = self.settings.http_host, self.settings.http_port
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise PortInUseError.of_settings(self.settings, error) from error

    async def run(self, *, bot: bool = True, worker: bool = True) -> None:
        """Returns after `stop`. Raises TelegramUnauthorizedError where the token is wrong."""
        async with asyncio.TaskGroup() as tasks:
            if worker:  # at once: what was paid is credited whether Telegram answers or not
                tasks.create_task(self.worker.run())
            tasks.create_task(self._receive_updates(bot=bot, tasks=tasks))

    async def run_until_signal(self, *, bot: bool = True, worker: bool = True) -> None:
        """As `run`, until SIGTERM or SIGINT; then closes. What is under way is finished, but not waited for longer
        than an init system waits: Telegram and the database may both be away, and whatever is given up comes again."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        running = asyncio.create_task(self.run(bot=bot, worker=worker))
        try:
            await _first_done(running, asyncio.create_task(self._stopping.wait()))
            await _finish(running, FINISH_WITHIN)
        finally:
            await _finish(asyncio.create_task(self.close()), CLOSE_WITHIN)

    async def _receive_updates(self, *, bot: bool, tasks: asyncio.TaskGroup) -> None:
        if not await introduce(self.context, self._stopping) or not bot:
            return
        await self._connect()
        tasks.create_task(self._show_menus())
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
                log.warning("not_connected", error=error)
            await happens_within(self._stopping, RETRY_PAUSE)
        return None

    async def _show_menus(self) -> None:
        try:
            await menus.show(self.context)
        except Exception:  # the database is away, for one: the bot works without a menu
            log.warning("menus_not_shown", exc_info=True)

    async def close(self) -> None:
        """Returns when every reply is sent or enqueued, and every connection is closed."""
        if self._runner is not None:
            await self._runner.cleanup()
        await self.processor.finish()
        await self.bot.session.close()
        if self.context.provider is not None:
            await self.context.provider.close()
        await self.database.close()


def settle_memory() -> None:
    """What has been imported stays: no collection of garbage has to look through it from now on."""
    gc.collect()
    gc.freeze()


async def _first_done(running: "asyncio.Task[None]", stopping: "asyncio.Task[Literal[True]]") -> None:
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()


async def _finish(task: "asyncio.Task[None]", within: float) -> None:
    """Raises what the task raises. After `within` seconds it is cancelled, and not waited for much longer."""
    await asyncio.wait({task}, timeout=within)
    if task.done():
        return task.result()
    log.warning("not_finished_in_time", seconds=within)
    task.cancel()
    await asyncio.wait({task}, timeout=GIVE_UP_WITHIN)
    return None


async def serve(
    settings: Settings,
    *,
    bot: bool = True,
    worker: bool = True,
    timings: Timings | None = None,
    listening: socket.socket | None = None,
) -> None:
    """The bot, the worker or both over the settings' database, until a signal; on a port that was handed on
    (`listening`), until the end of standard input, too.

    Raises NotMigratedError, PortInUseError, TelegramUnauthorizedError.
    """
    async with open_migrated(settings) as (dsn, direct):
        app = Application(settings, dsn, direct_dsn=direct, timings=timings)
        app.processor.alone = worker and listening is None  # `--only bot` is for several, too
        settle_memory()
        try:
            await app.start(bot=bot, listening=listening)
        except PortInUseError:
            await app.close()
            raise
        if listening is not None:
            _stop_with_input(app)
        await app.run_until_signal(bot=bot, worker=worker)


def _stop_with_input(app: Application) -> None:
    """Its end is heard again and again, as long as it is listened for."""
    loop, number = asyncio.get_running_loop(), sys.stdin.fileno()

    def end() -> None:
        loop.remove_reader(number)
        app.stop()

    loop.add_reader(number, end)


@cache
def dispatcher() -> TableDispatcher:
    """One for every app in the process: aiogram lets a router belong to one dispatcher only."""
    made = TableDispatcher(*ROUTERS)
    for observer in (made.message, made.callback_query):
        observer.outer_middleware(conversation.end_question)
        observer.outer_middleware(payments.forget_buried)
    made.callback_query.outer_middleware(home.forget_rewritten)
    made.callback_query.outer_middleware(home.go_below)
    return made


def yookassa_client(settings: Settings) -> YooKassa | None:
    if settings.yookassa_shop_id is None or settings.yookassa_secret_key is None:
        return None
    secret = settings.yookassa_secret_key.get_secret_value()
    return YooKassa(settings.yookassa_shop_id, secret, settings.yookassa_api_url)


def fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one (not on Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
