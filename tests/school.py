"""A running bot for tests: the whole house in this process, over real PostgreSQL, the sandbox and real HTTP."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import asyncpg
import pytest
import structlog
from pydantic import SecretStr

from bot.catalogue import reading
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from bot.settings import FixedSettings, Settings
from bot.timings import Pace, seconds
from db.catalogue import loading as books_catalogue
from db.engine import Books, Lane
from main import SCHOOL, Lessongate
from tests.chat.person import ANNA, BEN, OLGA, PATIENCE, Person
from tests.database import Databases

TOKEN = "7777777777:school-of-the-tests"
BOT = 7777777777
TEMPLATE = "school"
QUICK = Pace(
    asks=seconds(0.1, 0.2, 0.4, 0.8),
    heartbeat=seconds(5)[0],
    dequeue=seconds(0.1)[0],
    job_retry=seconds(0.05)[0],
    job_retry_most=seconds(0.5)[0],
    poll=20,
    replies=seconds(5)[0],
    restart=seconds(0.1)[0],
    restart_most=seconds(0.5)[0],
)
SMALL = {Lane.TALK: 4, Lane.MONEY: 2, Lane.JOBS: 3}


def settings_for(origin: str, **changed: Any) -> Settings:
    """A school over the sandbox at `origin`; nothing of the environment gets in."""
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


@pytest.fixture(scope="session")
async def school_template(cluster: Databases) -> str:
    """A migrated database with the demo's catalogue in it, to be cloned; one, however many modules import this."""
    if cluster.keeps(TEMPLATE):
        return TEMPLATE
    async with cluster.clone() as dsn:
        books = Books(dsn, sizes=SMALL)
        async with books.transaction(Lane.JOBS) as session:
            await books_catalogue.load(session, reading.read(SCHOOL))
        await books.close()
        await cluster.keep(dsn, TEMPLATE)
    return TEMPLATE


@pytest.fixture
async def school_database(cluster: Databases, school_template: str) -> AsyncIterator[str]:
    """The address of a migrated database with the demo's catalogue, of this test alone."""
    async with cluster.clone(school_template) as dsn:
        yield dsn


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """In memory; `sandbox.telegram`, `.yookassa` and `.faults` are at hand, and `origin_of(sandbox)` is where it is."""
    sandbox = Sandbox(None, pace=0.01)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


def origin_of(sandbox: Sandbox) -> str:
    assert sandbox._runner is not None
    return f"http://127.0.0.1:{sandbox._runner.addresses[0][1]}"


@asynccontextmanager
async def open_school(settings: Settings, dsn: str, pace: Pace = QUICK) -> AsyncIterator[Lessongate]:
    """A house that is up: it asks for updates (or has set its webhook), and its worker works."""
    house = Lessongate(settings, dsn, pace=pace)
    await house.start()
    running = asyncio.create_task(house.run())
    try:
        await house_is_up(house, running)
        yield house
    finally:
        house.stop()
        try:
            async with asyncio.timeout(PATIENCE):
                await running
        finally:
            await house.close()


async def house_is_up(house: Lessongate, running: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(PATIENCE):
        while not house.desk.username:
            if running.done():
                await running
            await asyncio.sleep(0.005)


@pytest.fixture
def school_settings(sandbox: Sandbox) -> Settings:
    """Override in a module or class to run the school with others."""
    return settings_for(origin_of(sandbox))


@pytest.fixture
def pace() -> Pace:
    """Override it to have the school hurry less."""
    return QUICK


@pytest.fixture
async def school(
    school_settings: Settings, school_database: str, sandbox: Sandbox, pace: Pace
) -> AsyncIterator[Lessongate]:
    """The bot, polling, with the demo's catalogue; the provider's callbacks reach it."""
    async with open_school(school_settings, school_database, pace) as house:
        sandbox.yookassa.notifications_url = f"http://127.0.0.1:{house.http_port}/yookassa/webhook"
        yield house


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def somebody(
    http: aiohttp.ClientSession, house: Lessongate, person: int, language: str, email: str
) -> Person:
    origin = house.settings.telegram_api_url
    return Person(http, origin, house.bot.id, person, language, house.desk.voice, email)


@pytest.fixture
def anna(http: aiohttp.ClientSession, school: Lessongate) -> Person:
    return somebody(http, school, ANNA, "ru", "anna@example.com")


@pytest.fixture
def ben(http: aiohttp.ClientSession, school: Lessongate) -> Person:
    return somebody(http, school, BEN, "en", "ben@example.com")


@pytest.fixture
def olga(http: aiohttp.ClientSession, school: Lessongate) -> Person:
    """The admin."""
    return somebody(http, school, OLGA, "ru", "olga@example.com")


@pytest.fixture
async def sql(school_database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the school's database, beside the bot's own."""
    connection = await asyncpg.connect(school_database)
    yield connection
    await connection.close()


@asynccontextmanager
async def second_house(first: Lessongate, dsn: str) -> AsyncIterator[Lessongate]:
    """What another process would be to the same books; it takes only the updates it is given."""
    house = Lessongate(first.settings, dsn, pace=QUICK)
    house.desk.username = first.desk.username
    yield house
    await house.close()


_update_ids = itertools.count(1)


def update_of(person: Person, **message: Any) -> dict[str, Any]:
    """An update with a private message of that person, as Telegram sends it, for `Intake.take`."""
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


class Loud(logging.Handler):
    """Keeps what was logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(self.format(record))


@pytest.fixture(scope="session")
def _logs() -> None:
    """Our own log through the standard one, where pytest shows it and `quiet` hears it."""
    structlog.configure(
        processors=[
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logging.getLogger("pgqueuer").setLevel(logging.WARNING)


@pytest.fixture(autouse=True)
def errors(_logs: None, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What was logged as an error; at the end of a test there must be none, unless it is marked `errors_expected`."""
    loud = Loud()
    logging.getLogger().addHandler(loud)
    try:
        yield loud.heard
    finally:
        logging.getLogger().removeHandler(loud)
    if request.node.get_closest_marker("errors_expected") is None:
        assert loud.heard == []
