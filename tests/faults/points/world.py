"""A bot in a process of its own, whose every way out leads through a gate, over a database and a sandbox of its own."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg

from bot.sandbox.app import Sandbox
from bot.texts import Localizer
from bot.timings import Timings, seconds
from tests.chat_user import OLGA, ChatUser
from tests.demo import free_port
from tests.faults.points.gate import Gate
from tests.faults.points.network import HttpWire, MailWire
from tests.faults.points.postgres import PostgresWire
from tests.faults.shoppers import Till, newcomer
from tests.process import TOKEN, BotProcess

BOT = int(TOKEN.partition(":")[0])
PATIENCE = 90.0  # seconds until a point has failed: what only a sweep finds again takes longer than a minute
LOOK_EVERY = 0.3  # seconds
TRIES_AGAIN = 3.0  # seconds somebody waits for an answer
QUICK = Timings(
    asks=seconds(1, 2, 4, 8),
    heartbeat=seconds(3)[0],
    dequeue=seconds(0.5)[0],
    job_retry=seconds(0.1)[0],
    job_retry_most=seconds(1)[0],
    mail_retry=seconds(0.1)[0],
    mail_retry_most=seconds(1)[0],
    grant_news=seconds(0.2)[0],
    replies=seconds(1)[0],
    poll=10,
    burst=1000,
    tries=1000,
    restart=seconds(0.1)[0],
    restart_most=seconds(0.5)[0],
)
BUSY = """
select count(*) from bot.pgqueuer
where status = 'picked' or (status = 'queued' and execute_after <= now() + interval '0.3 s')
"""
WAITING = """
select entrypoint, status::text, attempts, execute_after - now() as due, heartbeat - now() as heard,
       convert_from(payload, 'UTF8') as job
from bot.pgqueuer where entrypoint !~ '^every_' order by id limit 20
"""
# Links that people of earlier walks have left unpaid would be asked about for ever, and nothing would be quiet.
FORGET = """
with forgotten as (update bot.payment_attempts set next_ask_at = null)
delete from bot.pgqueuer where entrypoint = 'ask_payment' and status = 'queued'
"""
DISQUIET = """
select 'parked payment ' || payment_id from bot.parked_payments where solved_at is null
union all select 'failed update ' || update_id from bot.failed_updates where solved_at is null
union all select 'job held: ' || entrypoint from bot.pgqueuer where status = 'failed'
union all select 'alarm ' || kind || ' ' || subject from bot.alerts where solved_at is null
"""


@dataclass
class World:
    """`till`: what everybody has paid here."""

    sandbox: Sandbox
    origin: str
    bot: BotProcess
    gate: Gate
    sql: asyncpg.Connection
    http: aiohttp.ClientSession
    localizer: Localizer
    till: Till = field(default_factory=Till)
    people: int = 0
    _dead: asyncio.Event = field(default_factory=asyncio.Event)

    def kill(self) -> None:
        self.bot.kill_now()
        self._dead.set()

    async def keep_alive(self) -> None:
        """As an init system does."""
        while True:
            await self._dead.wait()
            self._dead.clear()
            await self.bot.kill()
            await self.bot.start()

    async def newcomer(self) -> ChatUser:
        """Somebody who is registered."""
        self.people += 1
        person = await newcomer(self.http, self.origin, BOT, self.people, "ru", self.localizer)
        await person.register()
        return person

    def admin(self) -> ChatUser:
        return ChatUser(self.http, self.origin, BOT, OLGA, "ru", self.localizer)

    async def quiet(self) -> None:
        """Nothing runs, nothing is due and nothing is on its way to us. Raises TimeoutError."""
        log = self.sandbox.yookassa.provider.notifications.log

        async def is_quiet() -> bool:
            on_its_way = any(item.state == "waiting" for item in log.values())
            return not on_its_way and not self._dead.is_set() and not await self.sql.fetchval(BUSY)

        await until(is_quiet)
        await asyncio.sleep(0.02)
        await until(is_quiet)

    async def forget_orders(self) -> None:
        await self.sql.execute(FORGET)

    async def state(self) -> list[str]:
        """What there is to do, for who wants to know why nothing more happens."""
        return [*await self.disquiet(), *(str(dict(row)) for row in await self.sql.fetch(WAITING))]

    async def disquiet(self) -> list[str]:
        return [row[0] for row in await self.sql.fetch(DISQUIET)]


async def until(condition: Callable[[], Awaitable[Any]], within: float = PATIENCE) -> None:
    """Raises TimeoutError. Asks ever more seldom: who asks takes processor time from those that are asked."""
    pause = 0.03
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(pause)
            pause = min(pause * 1.4, LOOK_EVERY)


async def insist(act: Callable[[], Awaitable[Any]], done: Callable[[], Awaitable[Any]]) -> None:
    """As people do: once more where no answer came. Raises TimeoutError."""
    ends = time.monotonic() + PATIENCE
    while True:
        await act()
        try:
            return await until(done, TRIES_AGAIN)
        except TimeoutError:
            if time.monotonic() > ends:
                raise


def _socket_of(dsn: str) -> Path:
    query = parse_qs(urlsplit(dsn).query)
    return Path(query["host"][0]) / f".s.PGSQL.{query['port'][0]}"


@asynccontextmanager
async def world(dsn: str, folder: Path) -> AsyncIterator[World]:
    """Up and quiet; what it does by itself is noise from now on."""
    gate = Gate(kill=lambda: None)
    sandbox = Sandbox(None, pace=0.02)
    origin = await sandbox.start()
    port = free_port()
    mail = int(sandbox.mail.url.rpartition(":")[2])
    sql = await asyncpg.connect(dsn)
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
            HttpWire(origin, gate) as outside,
            HttpWire(f"http://127.0.0.1:{port}", gate) as inside,
            MailWire(mail, gate) as letters,
            PostgresWire(_socket_of(dsn), gate) as postgres,
        ):
            sandbox.yookassa.notifications_url = f"{inside.origin}/yookassa/webhook"
            by_wire = re.sub(r"@.*/(\w+)\?.*", rf"@127.0.0.1:{postgres.port}/\1", dsn)
            bot = BotProcess(
                outside.origin, by_wire, folder, QUICK,
                HTTP_PORT=str(port), TELEGRAM_PAYMENT_TOKEN="381764678:TEST:1",
                SMTP_URL=f"smtp://127.0.0.1:{letters.port}", MAIL_FROM="school@lessongate.example",
                SUPPORT_CONTACT="@school_support",
            )  # fmt: skip
            made = World(sandbox, origin, bot, gate, sql, http, Localizer("ru", ZoneInfo("Europe/Moscow")))
            gate.kill = made.kill
            gate.begin()
            await bot.start()
            supervisor = asyncio.create_task(made.keep_alive())
            await asyncio.sleep(2.5)
            await made.quiet()
            gate.noise = set(gate.asked)
            gate.end()
            try:
                yield made
            finally:
                supervisor.cancel()
                await bot.kill()
    finally:
        await sql.close()
        await sandbox.stop()
