"""Letters and processes that die: none is sent twice, and one that may have been sent is known as that."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from bot.mail.wording import EMAIL_CODE
from bot.sandbox.app import Sandbox
from db import outbox
from db.engine import Database, Pool
from db.outbox import Channel, Outgoing
from tests.app import SMALL, origin_of
from tests.callbacks import becomes
from tests.process import BotProcess

PUBLIC = {"PUBLIC_URL": "http://127.0.0.1:9", "WEBHOOK_SECRET": "a-secret-of-the-letters"}
STATES = "select array_agg(distinct state) from bot.outbox"
WAITS = """
select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
               and query ilike 'update bot.outbox%')
"""


@pytest.fixture
async def database(school_database: str) -> AsyncIterator[Database]:
    database = Database(school_database, sizes=SMALL)
    yield database
    await database.close()


def process(sandbox: Sandbox, dsn: str, folder: Path) -> BotProcess:
    """Of which any number may run: nobody polls."""
    mail = {"SMTP_URL": sandbox.mail.url, "MAIL_FROM": "school@lessongate.example"}
    folder.mkdir()
    return BotProcess(origin_of(sandbox), dsn, folder, **PUBLIC, **mail)


async def put(database: Database, count: int = 1) -> None:
    now = datetime.now(UTC)
    async with database.transaction(Pool.TALK) as session:
        for number in range(count):
            code = Outgoing(
                channel=Channel.MAIL,
                recipient=f"anna{number}@example.com",
                kind=EMAIL_CODE,
                occasion=str(number),
                language="ru",
                payload={"code": f"{number:06}"},
                expires_at=now + timedelta(minutes=10),
            )
            await outbox.put(session, code, now)


async def note_waits(sql: asyncpg.Connection) -> bool:
    """The letter was sent, and what became of it can't be written down."""
    await sql.execute("select pg_stat_clear_snapshot()")
    waits: bool = await sql.fetchval(WAITS)
    return waits


@pytest.mark.proof
async def test_killed_while_it_sends_and_killed_before_it_notes(
    sandbox: Sandbox, database: Database, school_database: str, sql: asyncpg.Connection, tmp_path: Path
) -> None:
    bot = process(sandbox, school_database, tmp_path / "one")
    await bot.start()
    sandbox.faults.set(mail_slow=60.0)
    await put(database)
    await becomes(lambda: sql.fetchval("select state = 'sending' from bot.outbox"))
    await bot.kill()
    sandbox.faults.reset()
    await bot.start()
    await becomes(lambda: sql.fetchval("select state = 'unknown' from bot.outbox"))
    assert sandbox.mail.mailbox.letters() == []

    await sql.execute("delete from bot.outbox")
    sandbox.faults.set(mail_slow=2.0)
    await put(database)
    await becomes(lambda: sql.fetchval("select state = 'sending' from bot.outbox"))
    async with sql.transaction():
        await sql.execute("select from bot.outbox for update")
        await becomes(lambda: note_waits(sql))
        await bot.kill()
    assert len(sandbox.mail.mailbox.letters()) == 1
    await bot.start()
    await becomes(lambda: sql.fetchval("select state = 'unknown' from bot.outbox"))
    assert len(sandbox.mail.mailbox.letters()) == 1
    assert await sql.fetchval("select count(*) from bot.alerts where kind = 'mail_unknown'") == 1
    assert not any("anna0@example.com" in line for line in bot.log)
    await bot.terminate()


@pytest.mark.proof
async def test_two_processes_send_each_letter_once(
    sandbox: Sandbox, database: Database, school_database: str, sql: asyncpg.Connection, tmp_path: Path
) -> None:
    bots = [process(sandbox, school_database, tmp_path / name) for name in ("one", "two")]
    for bot in bots:
        await bot.start()
    sandbox.faults.set(mail_slow=0.2)
    await put(database, 30)
    await becomes(lambda: sql.fetchval(f"select ({STATES}) = '{{sent}}'"))
    letters = sandbox.mail.mailbox.letters()
    assert len(letters) == 30
    assert len({letter.headers["message-id"] for letter in letters}) == 30
    for bot in bots:
        await bot.terminate()
        assert bot.errors == []
