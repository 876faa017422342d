"""Fixtures (a pytest plugin, named in tests/conftest.py): the whole app in this process, over real PostgreSQL, the
sandbox and real HTTP.
"""

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiogram.client.session import aiohttp as aiogram_session
from pydantic import SecretStr

from bot.catalogue import reading
from bot.clock import Clock
from bot.jobs import SCHEDULES
from bot.jobs.drivers import connections
from bot.jobs.moving import ClockMover
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from bot.settings import FixedSettings, Settings
from bot.timings import Timings, seconds
from bot.updates import menus
from db.catalogue.loading import load_catalogue
from db.engine import Database, Pool
from db.jobs import RemindJob
from handlers.app import Application
from handlers.demo import SCHOOL
from tests.chat_user import ANNA, BEN, OLGA, PATIENCE, ChatUser
from tests.database import Databases
from tests.kept import Kept, KeptDatabase, Lent

TOKEN = "7777777777:school-of-the-tests"
BOT = 7777777777
TEMPLATE = "school"
QUICK = Timings(
    asks=seconds(0.1, 0.2, 0.4, 0.8),
    heartbeat=seconds(5)[0],
    dequeue=seconds(0.1)[0],
    job_retry=seconds(0.05)[0],
    job_retry_most=seconds(0.5)[0],
    mail_retry=seconds(0.05)[0],
    mail_retry_most=seconds(0.5)[0],
    poll=20,
    replies=seconds(5)[0],
    answer=seconds(1)[0],
    burst=1000,
    tries=1000,
    restart=seconds(0.1)[0],
    restart_most=seconds(0.5)[0],
    grant_news=seconds(0)[0],
)
UNASKED = replace(QUICK, asks=seconds(36_000))  # nothing is asked for unless the test does
# Every app would read the world's certificates anew: a tenth of what a test takes.
vars(aiogram_session)["ssl"] = SimpleNamespace(create_default_context=cache(ssl.create_default_context))
SMALL = {Pool.TALK: 4, Pool.MONEY: 2, Pool.JOBS: 3}


def settings_for(origin: str, **changed: Any) -> Settings:
    """The app's settings over the sandbox at `origin`; nothing of the environment gets in."""
    given: dict[str, Any] = {
        "bot_token": SecretStr(TOKEN),
        "telegram_api_url": origin,
        "admin_ids": (OLGA,),
        "http_port": 0,
        "yookassa_shop_id": DEMO_SHOP_ID,
        "yookassa_secret_key": SecretStr(DEMO_SECRET_KEY),
        "yookassa_api_url": f"{origin}/v3",
        "support_contact": "@school_support",
    }
    return FixedSettings(**(given | changed))


async def make_school(cluster: Databases) -> str:
    """A migrated database with the demo's catalogue in it, to be cloned. The bot has been started once: what Telegram
    shows of it is set (`first_start`: it has not)."""
    async with cluster.clone() as dsn:
        database = Database(dsn, sizes=SMALL)
        async with database.transaction(Pool.JOBS) as session:
            await load_catalogue(session, reading.read(SCHOOL))
        await database.close()
        telegram = Sandbox(None)
        await telegram.start()
        app = Application(settings_for(origin_of(telegram)), dsn)
        await menus.show(app.context)
        await app.close()
        await telegram.stop()
        await cluster.keep(dsn, TEMPLATE)
    return TEMPLATE


@pytest.fixture(scope="session")
async def school_template(cluster: Databases) -> str:
    return await make_school(cluster)


@pytest.fixture
async def first_start(sql: asyncpg.Connection) -> None:
    """`usefixtures` of tests that look at the command menu or the bot's description."""
    await sql.execute("delete from bot.cursors where name like 'shown:%'")


@pytest.fixture
async def lent_school(kept: Kept, school_template: str) -> AsyncIterator[Lent]:
    """A migrated database with the demo's catalogue, of this test alone. Override it to have another one."""
    async with kept.lend(school_template) as lent:
        yield lent


@pytest.fixture
def school_database(lent_school: Lent) -> str:
    return lent_school.dsn


@pytest.fixture
def clock() -> Clock:
    """The app's and the sandbox's; `mover` moves it."""
    return Clock()


@pytest.fixture
async def sandbox(errors: list[str], clock: Clock) -> AsyncIterator[Sandbox]:
    """In memory; `sandbox.telegram`, `.yookassa` and `.faults` are at hand, and `origin_of(sandbox)` is where it is.

    Through `errors` a test over it fails when an error was logged.
    """
    sandbox = Sandbox(None, pace=0.01, now=clock.now)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


def origin_of(sandbox: Sandbox) -> str:
    assert sandbox._runner is not None
    return f"http://127.0.0.1:{sandbox._runner.addresses[0][1]}"


@asynccontextmanager
async def running_app(
    settings: Settings,
    dsn: str,
    timings: Timings = QUICK,
    clock: Clock | None = None,
    database: KeptDatabase | None = None,
) -> AsyncIterator[Application]:
    """An app that is up: it asks for updates (or has set its webhook), and its worker works."""
    worker_connections = database.worker_connections if database else connections
    app = Application(
        settings,
        dsn,
        timings=timings,
        clock=clock,
        database=database,
        worker_connections=worker_connections,
    )
    await app.start()
    running = asyncio.create_task(app.run())
    try:
        await wait_until_ready(app, running)
        yield app
    finally:
        app.stop()
        try:
            async with asyncio.timeout(PATIENCE):
                await running
        finally:
            await app.close()


async def wait_until_ready(app: Application, running: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(PATIENCE):
        while not app.context.username:
            if running.done():
                await running
            await asyncio.sleep(0.005)


@pytest.fixture
def app_settings(sandbox: Sandbox) -> Settings:
    """Override it in a module or class to run the app with others."""
    return settings_for(origin_of(sandbox))


@pytest.fixture
def timings(request: pytest.FixtureRequest) -> Timings:
    """Override it to have the app hurry less."""
    return UNASKED if request.node.get_closest_marker("unasked") else QUICK


@pytest.fixture
async def app(
    app_settings: Settings, lent_school: Lent, sandbox: Sandbox, timings: Timings, clock: Clock
) -> AsyncIterator[Application]:
    """The bot, polling, with the demo's catalogue; the provider's callbacks reach it."""
    async with running_app(app_settings, lent_school.dsn, timings, clock, lent_school.database) as app:
        sandbox.yookassa.notifications_url = f"http://127.0.0.1:{app.http_port}/yookassa/webhook"
        yield app


@pytest.fixture
def schedules() -> Mapping[str, str]:
    """What `mover` runs whenever it is due. Override it where that is not needed: reminders are due every hour."""
    return SCHEDULES


@pytest.fixture
def mover(app: Application, clock: Clock, sandbox: Sandbox, schedules: Mapping[str, str]) -> ClockMover:
    """`await mover.advance(timedelta(days=1))`: a day passes, with its jobs. What is due every minute runs four times,
    where the demo's clock (tests/test_clock.py) runs it 24 times."""
    return ClockMover(clock, app.database, app.worker, schedules, sandbox.yookassa.catch_up, parts=4)


def without_reminders() -> dict[str, str]:
    return {name: cron for name, cron in SCHEDULES.items() if name != RemindJob.name}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def chat_user(http: aiohttp.ClientSession, app: Application, person: int, language: str) -> ChatUser:
    origin = app.settings.telegram_api_url
    return ChatUser(http, origin, app.bot.id, person, language, app.context.localizer)


@pytest.fixture
def anna(http: aiohttp.ClientSession, app: Application) -> ChatUser:
    return chat_user(http, app, ANNA, "ru")


@pytest.fixture
def ben(http: aiohttp.ClientSession, app: Application) -> ChatUser:
    return chat_user(http, app, BEN, "en")


@pytest.fixture
def olga(http: aiohttp.ClientSession, app: Application) -> ChatUser:
    """The admin."""
    return chat_user(http, app, OLGA, "ru")


@pytest.fixture
def sql(lent_school: Lent) -> asyncpg.Connection:
    """A connection to the app's database, beside its own."""
    return lent_school.connection


@asynccontextmanager
async def second_app(first: Application, dsn: str) -> AsyncIterator[Application]:
    """What another process would be to the same database; it takes only the updates it is given."""
    app = Application(first.settings, dsn, timings=QUICK)
    app.context.username = first.context.username
    yield app
    await app.close()


_update_ids = itertools.count(1)


def update_of(person: ChatUser, **message: Any) -> dict[str, Any]:
    """An update with a private message of that person, as Telegram sends it, for `UpdateProcessor.process`."""
    body = {
        "message_id": 1,
        "date": 1_700_000_000,
        "chat": {"id": person.id, "type": "private", "first_name": "Somebody"},
        "from": {
            "id": person.id,
            "is_bot": False,
            "first_name": "Somebody",
            "language_code": person.language,
        },
    }
    if str(message.get("text", "")).startswith("/"):
        length = len(str(message["text"]).split()[0])
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
    return {"update_id": next(_update_ids), "message": body | message}
