"""Something fails in every layer at DEBUG, and the log of it names no secret and no person."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest
import structlog

from bot import logs
from bot.sandbox.app import Sandbox
from bot.sandbox.yookassa import DEMO_SECRET_KEY
from bot.texts import Localizer
from handlers.app import Application
from tests.app import BOT, origin_of, update_of
from tests.callbacks import becomes
from tests.chat_user import ANNA, ChatUser
from tests.http.outage import OwnDatabase, own_database
from tests.process import TOKEN, BotProcess

PASSWORD = "p4ssword-of-the-database"
PROVIDER_TOKEN = "381764678:TEST:provider-token-of-the-tests"
EMAIL = "anna.private@example.com"
PHONE = "+79161234567"
SAID = "my-private-words"
MAIL_PASSWORD = "p4ssword-of-the-mail-server"
KEYS = {
    "WEBHOOK_SECRET": "webhook-secret-of-the-tests",
    "YOOKASSA_WEBHOOK_KEY": "webhook-key-of-the-tests",
    "SITE_LINK_SECRET": "site-link-secret-of-the-tests-0123456789",
}
SECRETS = [
    TOKEN, PASSWORD, PROVIDER_TOKEN, DEMO_SECRET_KEY, TOKEN.partition(":")[2], MAIL_PASSWORD, *KEYS.values(),
]  # fmt: skip
MAIL = {"SMTP_URL": f"smtp://post:{MAIL_PASSWORD}@127.0.0.1:9", "MAIL_FROM": "school@lessongate.example"}
ROUBLES = "select min(id) from bot.offers where currency = 'RUB'"
REFUSING = f"""
create function refuse() returns trigger language plpgsql as
$$ begin raise exception 'refused for Anna, {EMAIL}, {PHONE}' using detail = 'row of Anna {SAID}'; end $$
"""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[OwnDatabase]:
    async with own_database(tmp_path / "own") as made:
        yield made


@pytest.fixture
def anna(http: aiohttp.ClientSession, sandbox: Sandbox) -> ChatUser:
    localizer = Localizer("ru", ZoneInfo("Europe/Moscow"))
    return ChatUser(http, origin_of(sandbox), BOT, ANNA, "ru", localizer)


def names_of(sandbox: Sandbox) -> list[str]:
    person = sandbox.telegram.context.people.get(ANNA)
    return [name for name in (person.first_name, person.last_name, person.username) if name]


@pytest.mark.parametrize("form", ["console", "json"])
async def test_what_fails_names_nobody(
    form: str, anna: ChatUser, sandbox: Sandbox, database: OwnDatabase, tmp_path: Path
) -> None:
    dsn = database.dsn.replace("app@", f"app:{PASSWORD}@", 1)
    folder = tmp_path / "bot"
    folder.mkdir()
    shop = {"TELEGRAM_PAYMENT_TOKEN": PROVIDER_TOKEN, "LOG_FORMAT": form, "LOG_LEVEL": "DEBUG"}
    shop |= KEYS | MAIL
    process = BotProcess(origin_of(sandbox), dsn, folder, **shop)
    await process.start()
    sql = await asyncpg.connect(database.dsn)
    try:
        await anna.register()
        await fail_everywhere(anna, sandbox, sql, process)
    finally:
        await sql.close()
    await database.stop()
    await anna.write(f"{SAID} while the database is away")
    await becomes(lambda: logged(process, "updates_put_off"))
    await process.kill()
    wrong = await BotProcess(origin_of(sandbox), dsn, folder, **shop).command("run")
    told = "\n".join([*process.log, wrong.errors, wrong.output])
    told += server_log(tmp_path)
    for value in [*SECRETS, EMAIL, PHONE, PHONE[1:], SAID, *names_of(sandbox), "yoomoney", "orderId"]:
        assert value.lower() not in told.lower()
    for happened in ("update_failed", "payment_outcome_unknown", "job_failed", "mail_not_sent"):
        assert happened in told
    assert max(len(line.encode()) for line in told.splitlines()) < 8 * 1024


def server_log(folder: Path) -> str:
    logs = [path.read_text() for path in folder.rglob("server.log*")]
    assert logs
    return "".join(logs)


async def fail_everywhere(
    anna: ChatUser, sandbox: Sandbox, sql: asyncpg.Connection, process: BotProcess
) -> None:
    await anna.write(f"{SAID} {EMAIL} {PHONE}")
    sandbox.faults.set(provider_html_502=1.0)
    await anna.send(f"/start buy_{await sql.fetchval(ROUBLES)}")
    await becomes(lambda: logged(process, "payment_outcome_unknown"))
    sandbox.faults.reset()
    await anna.gets_link()
    await sql.execute(REFUSING)
    await sql.execute(
        "create trigger refuse before insert on promocodeusages for each row execute function refuse()"
    )
    await anna.write("/promo SPRING")
    await becomes(lambda: logged(process, "update_failed"))
    await anna.write("/connect")
    await anna.write(f"other.{EMAIL}")
    await becomes(lambda: logged(process, "mail_not_sent"))
    sandbox.faults.set(telegram_5xx=6)
    await anna.write("/help")
    payload = f'{{"user_id": 1, "news": "no such news", "facts": {{"name": "Anna {EMAIL}"}}}}'.encode()
    await sql.execute(
        "insert into bot.pgqueuer (priority, entrypoint, payload, status, execute_after, created, updated, heartbeat)"
        " values (0, 'tell', $1, 'queued', now(), now(), now(), now())",
        payload,
    )
    await becomes(lambda: logged(process, "job_failed"))


async def logged(process: BotProcess, event: str) -> bool:
    return any(event in line for line in process.log)


@pytest.mark.errors_expected("an update that can't be read is logged")
async def test_an_update_that_cant_be_read_quotes_nobody(app: Application, anna: ChatUser) -> None:
    lines: list[str] = []

    class Kept(logging.StreamHandler[Any]):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root = logging.getLogger()
    before, config = (root.handlers[:], root.level), structlog.get_config()
    try:
        logs.set_up("console", "DEBUG")
        handler = Kept()
        handler.setFormatter(root.handlers[0].formatter)
        root.handlers[:] = [handler]
        raw = update_of(anna, text=f"{SAID} {EMAIL}", contact={"phone_number": 5, "name": "Anna"})
        raw["message"]["chat"]["id"] = "Anna"
        await app.processor.process(raw)
        await asyncio.sleep(0)
    finally:
        root.handlers[:], root.level = before
        for name in logs.OURS:
            logging.getLogger(name).setLevel(logging.NOTSET)
        structlog.configure(**config)
    told = "\n".join(lines)
    assert lines
    for value in (SAID, EMAIL, "Anna"):
        assert value not in told
