"""The bot dies, or is asked to end, in the middle of a payment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from bot.texts import Localizer
from tests.app import BOT, origin_of
from tests.callbacks import becomes, credited
from tests.chat_user import ANNA, ChatUser
from tests.process import BotProcess

STARS = "select min(id) from bot.offers where currency = 'XTR'"
WAITS = """
select count(*) > 0 from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock' and application_name = 'lessongate'
"""


@pytest.fixture
async def process(sandbox: Sandbox, school_database: str, tmp_path: Path) -> AsyncIterator[BotProcess]:
    process = BotProcess(origin_of(sandbox), school_database, tmp_path)
    await process.start()
    yield process
    await process.kill()


@pytest.fixture
def anna(http: aiohttp.ClientSession, sandbox: Sandbox) -> ChatUser:
    """Anna, in a chat whose bot is another process."""
    return ChatUser(
        http,
        origin_of(sandbox),
        BOT,
        ANNA,
        "ru",
        Localizer("ru", ZoneInfo("Europe/Moscow")),
    )


@pytest.fixture
async def invoice(anna: ChatUser, process: BotProcess, sql: asyncpg.Connection) -> int:
    """The number of the message with an invoice in Stars."""
    await anna.register()
    await anna.send(f"/start buy_{await sql.fetchval(STARS)}")
    await anna.choose("stars")
    return next(int(one["message_id"]) for one in reversed(anna.messages) if "invoice" in one)


@asynccontextmanager
async def being_settled(anna: ChatUser, invoice: int, sql: asyncpg.Connection) -> AsyncIterator[None]:
    """The payment was fetched and its handler stands in its transaction: the purchase's row is locked by somebody."""
    async with sql.transaction():
        await sql.execute("select 1 from purchases for update")
        body = {"message_id": invoice, "action": "pay"}
        assert (await anna._post("/invoices", body))["status"] == "paid"
        await becomes(lambda: sql.fetchval(WAITS))
        yield


async def credited_once(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.receives("✅ Оплачено", within=60)
    assert await credited(sql) == (1, await sql.fetchval("select days from purchases"))


@pytest.mark.proof
async def test_sigterm_while_a_payment_is_being_handled(
    anna: ChatUser, process: BotProcess, invoice: int, sql: asyncpg.Connection
) -> None:
    """It finishes what it has before it goes; what it has told Telegram to be done is done."""
    async with being_settled(anna, invoice, sql):
        ending = asyncio.create_task(process.terminate())
        done, _ = await asyncio.wait({ending}, timeout=0.5)
        assert not done
    assert await ending == 0
    assert await credited(sql) == (1, await sql.fetchval("select days from purchases"))
    await process.start()
    await credited_once(anna, sql)
    assert process.errors == []


@pytest.mark.proof
async def test_polling_killed_between_fetch_and_commit(
    anna: ChatUser, process: BotProcess, invoice: int, sql: asyncpg.Connection
) -> None:
    async with being_settled(anna, invoice, sql):
        await process.kill()
    await becomes(lambda: sql.fetchval(f"select not ({WAITS})"))
    assert await credited(sql) == (0, 0)
    await process.start()
    await credited_once(anna, sql)


@pytest.mark.proof
async def test_killed_between_commit_and_news(
    anna: ChatUser, process: BotProcess, invoice: int, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    """The access is in the database, Telegram takes no message: the payer hears of it from the next process."""
    async with being_settled(anna, invoice, sql):
        sandbox.faults.set(telegram_slow=60.0)
    await becomes(lambda: sql.fetchval("select status = 'succeeded' from purchases"))
    await process.kill()
    sandbox.faults.reset()
    await anna.refresh()
    assert not any("✅ Оплачено" in text for text in anna.texts)
    await process.start()
    await credited_once(anna, sql)
