"""Polling: nothing that was not handled is confirmed, whatever ends the bot or takes its database away."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramServerError
from aiogram.methods import SendMessage

from bot.catalogue.loading import load_file
from bot.sandbox.app import Sandbox
from bot.texts import Localizer, errors
from bot.texts import promo as promo_words
from bot.updates.polling import GetRawUpdates
from db.engine import Database
from db.errors import PromoUnknown
from db.postgres.server import EmbeddedServer
from handlers.app import Application
from handlers.demo import SCHOOL
from tests.app import BOT, QUICK, chat_user, origin_of, running_app, settings_for, update_of
from tests.chat.rows import sql_becomes
from tests.chat_user import ANNA, PATIENCE, ChatUser
from tests.database import Databases
from tests.process import BotProcess

STARS = "select id from bot.offers where currency = 'XTR' order by id limit 1"
USED = "select count(*) from promocodeusages"


@pytest.fixture
async def process(sandbox: Sandbox, school_database: str, tmp_path: Path) -> AsyncIterator[BotProcess]:
    """The bot as `main.py run` starts it; no callback reaches it."""
    process = BotProcess(origin_of(sandbox), school_database, tmp_path)
    await process.start()
    yield process
    await process.kill()


@pytest.fixture
def anna(http: aiohttp.ClientSession, sandbox: Sandbox) -> ChatUser:
    """Anna, in a chat whose bot is another process."""
    localizer = Localizer("ru", ZoneInfo("Europe/Moscow"))
    return ChatUser(http, origin_of(sandbox), BOT, ANNA, "ru", localizer)


# Seconds: a job whose worker was killed is taken by another one after the heartbeat of bot/timings.py (30), not before.
TAKEN_OVER = 60.0


@pytest.mark.proof
async def test_killed_at_any_moment_it_loses_nothing_and_does_nothing_twice(
    anna: ChatUser, process: BotProcess, sql: asyncpg.Connection
) -> None:
    await anna.register()
    for number in range(4):
        await sql.execute(
            "insert into promocodes (code, max_usage_count, days, product_id) values ($1, 9, 1, 1)",
            f"C{number}",
        )
        await anna.write(f"/promo C{number}")
        await asyncio.sleep(0.01 * number)
        await process.kill()
        await process.start()
        await anna.receives(f"C{number}", within=TAKEN_OVER)
        assert await sql.fetchval(USED) == number + 1
    assert await sql.fetchval("select sum(days) from bot.access_changes") == 4
    assert process.errors == []


@pytest.mark.proof
async def test_paid_while_it_was_dead_access_is_there_when_it_is_back(
    anna: ChatUser, process: BotProcess, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    await process.kill()
    await anna.pay()
    await anna.write("/purchases")
    assert await sql.fetchval("select count(*) from usermoduleaccess") == 0
    await process.start()
    await anna.receives("✅ Оплачено")
    assert await sql.fetchval("select status from purchases") == "succeeded"
    assert await sql.fetchval("select count(*) from usermoduleaccess") == 1


@pytest.mark.proof
async def test_killed_while_the_link_is_made_it_makes_one_payment(
    anna: ChatUser, process: BotProcess, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    sandbox.faults.set(provider_slow=2.0)
    await anna.send(f"/start buy_{await sql.fetchval('select min(id) from bot.offers')}")
    await anna.receives("⏳")
    await process.kill()
    sandbox.faults.set(provider_slow=0)
    await process.start()
    await anna.gets_link(within=90)  # half a minute after its last sign of life the dead worker's job is free
    async with anna.http.get(f"{anna.origin}/sandbox/payments") as response:
        assert len(await response.json()) == 1
    assert await sql.fetchval("select count(*) from purchases") == 1


async def test_asked_to_end_it_finishes_what_it_has(
    anna: ChatUser, process: BotProcess, sql: asyncpg.Connection
) -> None:
    """Each message gets one answer, from the one that goes or from the one that comes."""
    await anna.register()
    before = len(anna.texts)
    for _ in range(30):
        await anna.write("/promo")
    assert await process.terminate() == 0
    await process.start()
    await anna.send("/promo NEVER")
    asked = [text for text in anna.texts[before:] if text == anna.words(promo_words.ASK)]
    assert len(asked) == 30
    assert await process.terminate() == 0
    assert process.errors == []


@pytest.mark.errors_expected("pgqueuer calls the loss of its listener an error")
async def test_while_the_database_is_away_nothing_is_confirmed(
    http: aiohttp.ClientSession, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with EmbeddedServer(tmp_path, durable=False) as server:
        databases = Databases(server)
        await databases.prepare()
        dsn = databases.dsn("migrated")
        await load_school(dsn)
        await databases.close()
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(AsyncExitStack())
        await running.enter_async_context(EmbeddedServer(tmp_path, durable=False))
        app = await stack.enter_async_context(running_app(settings_for(origin_of(sandbox)), dsn))
        anna = chat_user(http, app, ANNA, "ru")
        await anna.register()
        await running.aclose()
        with caplog.at_level("WARNING"):
            await anna.write("/promo SPRING")
            for number in range(5):
                await anna.write(f"/promo NO{number}")
            await becomes(lambda: "updates_put_off" in caplog.text)
        await anna.refresh()
        assert anna.new_texts == []
        await running.enter_async_context(EmbeddedServer(tmp_path, durable=False))
        await anna.receives("SPRING")
        await anna.receives("NO4")
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval(USED) == 1
        await connection.close()
        assert len([text for text in anna.texts if "SPRING" in text]) == 1
        answers = [text for text in anna.texts if "NO" in text]
        assert answers == said_to(anna, [f"/promo NO{number}" for number in range(5)])


@pytest.mark.parametrize("timings", [replace(QUICK, replies=timedelta(hours=1))])
async def test_who_pays_waits_for_nobodys_replies(
    anna: ChatUser, ben: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    """Telegram takes Anna's replies when it likes. More of her messages wait than one getUpdates brings; and one of
    three fails."""
    anna.localizer = app.context.localizer
    await anna.register()
    await ben.register()
    await ben.send(f"/start buy_{await sql.fetchval(STARS)}")
    await ben.choose("stars")
    invoice = next(one for one in ben.messages if "invoice" in one)
    released = asyncio.Event()
    polled = itertools.count(1)

    async def slowly(make_request: Any, bot: Bot, method: Any) -> Any:
        if isinstance(method, GetRawUpdates) and next(polled) % 3 == 0:
            raise TelegramServerError(method=method, message="Bad Gateway")
        if getattr(method, "chat_id", None) == ANNA:
            await released.wait()
        return await make_request(bot, method)

    app.bot.session.middleware(slowly)
    asked = [f"/promo NO{number}" for number in range(120)]
    for text in asked:
        await anna.write(text)
    paid = await ben._post("/invoices", {"message_id": invoice["message_id"], "action": "pay"})
    assert paid["status"] == "paid"
    assert await ben.receives("✅")
    await anna.refresh()
    assert anna.new_texts == []
    released.set()
    await anna.receives("NO119")
    assert [text for text in anna.texts if "NO" in text] == said_to(anna, asked)


@pytest.mark.parametrize("timings", [replace(QUICK, replies=timedelta(milliseconds=50))])
async def test_a_reply_that_neither_telegram_nor_the_books_take_is_kept_at_it(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    """What caused it is committed, so that the update is done with; the job for it is tried again."""
    anna.localizer = app.context.localizer
    await anna.register()
    telegram_is_away = True

    async def away(make_request: Any, bot: Bot, method: Any) -> Any:
        if telegram_is_away and isinstance(method, SendMessage):
            raise TelegramServerError(method=method, message="away")
        return await make_request(bot, method)

    app.bot.session.middleware(away)
    await sql.execute(NO_JOBS_FOR_REPLIES)
    await app.processor.process(update_of(anna, text="/promo") | {"update_id": 10**6})
    assert await sql.fetchval("select count(*) from bot.updates where update_id = $1", 10**6) == 1
    await sql_becomes(sql, "select is_called from refused")
    await sql.execute("drop trigger refusing on bot.pgqueuer")
    telegram_is_away = False
    await sql_becomes(sql, "select count(*) = 1 from bot.pgqueuer where entrypoint = 'send'")
    await sql.execute("update bot.pgqueuer set execute_after = now()")
    await anna.receives(promo_words.ASK)


NO_JOBS_FOR_REPLIES = """
create sequence refused;
create function refuse() returns trigger language plpgsql as $$
begin
    perform nextval('refused');
    raise exception using errcode = '53300';  -- as a server without a free connection says
end $$;
create trigger refusing before insert on bot.pgqueuer for each row when (new.entrypoint = 'send')
execute function refuse();
"""


async def test_what_is_paid_is_credited_while_telegram_is_out_of_reach(
    http: aiohttp.ClientSession, sandbox: Sandbox, school_database: str, sql: asyncpg.Connection
) -> None:
    """Started then, the bot does not know its own name yet."""
    async with running_app(settings_for(origin_of(sandbox)), school_database) as app:
        anna = chat_user(http, app, ANNA, "ru")
        await anna.register()
        await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    await anna.pay()
    settings = settings_for("http://127.0.0.1:9", yookassa_api_url=f"{origin_of(sandbox)}/v3")
    app = Application(settings, school_database, timings=QUICK)
    await app.start()
    running = asyncio.create_task(app.run())
    await sql_becomes(sql, "select status = 'succeeded' from purchases")
    assert app.context.username == ""
    app.stop()
    async with asyncio.timeout(PATIENCE):
        await running
    await app.close()


def said_to(person: ChatUser, asked: list[str]) -> list[str]:
    refusals = [PromoUnknown(text.split()[1]) for text in asked]
    return [person.words(partial(errors.say, refused)) for refused in refusals]


async def load_school(dsn: str) -> None:
    database = Database(dsn)
    await load_file(database, SCHOOL)
    await database.close()


async def becomes(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - it happens in the bot's own tasks
            await asyncio.sleep(0.05)


@pytest.mark.errors_expected("two processes that poll for one bot are a mistake to be mended")
async def test_two_that_poll_for_one_bot_answer_once_and_say_what_is_wrong(
    anna: ChatUser, app: Application, school_database: str, errors: list[str]
) -> None:
    async with running_app(app.settings, school_database):
        await anna.send("/start")
        assert len(anna.new_texts) == 1
        await becomes(lambda: any("polling_conflict" in line for line in errors))
    await anna.send("/start")
    assert len(anna.new_texts) == 1
