"""`main.py run --processes 2`: two processes on one port, one of which is killed."""

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest

from bot.chat.catalogue_buttons import EditCatalogueRow
from bot.sandbox.app import Sandbox
from bot.texts import Localizer
from tests.app import BOT, origin_of, update_of
from tests.chat_user import OLGA, PATIENCE, ChatUser
from tests.demo import free_port
from tests.process import BotProcess, command

SECRET = "secret-of-several-processes"
CODES = 40
MOST_PARTS = 20
WAITING = """select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"""
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


class Several(BotProcess):
    arguments = ("run", "--processes", "2")
    port: int


@pytest.fixture
async def several(sandbox: Sandbox, school_database: str, tmp_path: Path) -> AsyncIterator[Several]:
    port = free_port()
    settings = {"PUBLIC_URL": f"http://127.0.0.1:{port}", "HTTP_PORT": str(port), "WEBHOOK_SECRET": SECRET}
    process = Several(origin_of(sandbox), school_database, tmp_path, None, **settings)
    process.port = port
    await process.start()
    for _ in range(2):
        await process.ready()
    yield process
    await process.kill()


@pytest.fixture
async def olga(several: Several, http: aiohttp.ClientSession, sandbox: Sandbox) -> ChatUser:
    """An owner, who may be as quick as she likes."""
    olga = ChatUser(http, origin_of(sandbox), BOT, OLGA, "ru", Localizer("ru", ZoneInfo("Europe/Moscow")))
    await olga.register()
    return olga


def message(olga: ChatUser, number: int, text: str) -> bytes:
    return json.dumps(update_of(olga, message_id=number, text=text)).encode()


async def bring(url: str, update: bytes) -> None:
    """As Telegram does: again and again until it is confirmed, each time over a connection of its own."""
    while True:
        with suppress(aiohttp.ClientError):
            async with (
                aiohttp.ClientSession() as http,
                http.post(url, data=update, headers=HEADERS) as response,
            ):
                if response.status == 200:
                    return
        await asyncio.sleep(0.05)


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.mark.proof
async def test_two_processes_of_which_one_is_killed(
    several: Several, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    """Each update is brought three times at once, to whichever takes it, and counts once; the one that was killed is
    started again; nothing is left when all of it is asked to end."""
    first = several.children
    assert len(first) == 2
    url = f"http://127.0.0.1:{several.port}/telegram/webhook"
    await sql.execute(
        "insert into promocodes (code, max_usage_count, days, product_id)"
        " select 'OWN' || n, 5, 1, 1 from generate_series(0, $1 - 1) n",
        CODES,
    )
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        for number in range(CODES):
            if number == CODES // 2:
                os.kill(first[0], signal.SIGKILL)
            update = message(olga, number, f"/promo OWN{number}")
            for _ in range(3):
                tasks.create_task(bring(url, update))
            await asyncio.sleep(0.01)
    assert await sql.fetchval("select count(*) from promocodeusages") == CODES
    assert await sql.fetchval("select sum(days) from bot.access_changes") == CODES
    # Handled once more, an update would have been answered: a code is for one use of a person.
    await olga.refresh()
    assert not any("уже использовали" in text for text in olga.texts)
    await several.ready()
    second = several.children
    assert len(second) == 2
    assert first[1] in second
    assert first[0] not in second
    assert await several.terminate() == 0
    assert not any(map(lives, second))
    (said,) = several.errors
    assert re.search(r'"status": -9.*"event": "process_ended"|"event": "process_ended".*"status": -9', said)


@pytest.mark.proof
async def test_what_one_person_sends_at_once_is_taken_one_after_another(
    several: Several, olga: ChatUser, sql: asyncpg.Connection, school_database: str
) -> None:
    """Parts of a long lesson text, brought until both processes are at work: none overwrites another's draft."""
    url, parts = f"http://127.0.0.1:{several.port}/telegram/webhook", 0
    lesson = await sql.fetchval("select min(id) from bot.lessons where markup is distinct from 'markdown'")
    await olga.send("/catalog")
    await olga.press(EditCatalogueRow(kind="lesson", id=lesson, field="text").pack())
    watching = await asyncpg.connect(school_database)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks, sql.transaction():
        await sql.execute("select from bot.chats where telegram_id = $1 for update", OLGA)
        while await watching.fetchval(WAITING) < 2 and parts < MOST_PARTS:
            tasks.create_task(bring(url, message(olga, parts, f"{parts}: " + "слово " * 350)))
            parts += 1
            await asyncio.sleep(0.05)
        assert await watching.fetchval(WAITING) == 2
    await watching.close()
    draft = await sql.fetchval("select data->'draft'->>'value' from bot.chats where telegram_id = $1", OLGA)
    assert sorted(map(int, re.findall(r"(\d+): ", draft))) == list(range(parts))


@pytest.mark.proof
async def test_without_a_port_for_updates_it_is_refused(tmp_path: Path) -> None:
    ended = await command(tmp_path, "run", "--processes", "2", BOT_TOKEN="7777777777:several")
    assert ended.status == 1
    assert "PUBLIC_URL" in ended.errors
    ended = await command(tmp_path, "run", "--processes", "0", BOT_TOKEN="7777777777:several")
    assert ended.status == 2
    assert "1 or more" in ended.errors
