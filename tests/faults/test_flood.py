"""Strangers flood the callbacks while somebody buys: the payer notices little, and the disk stays as it was."""

import asyncio
import gzip
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest

from bot.sandbox.app import Sandbox
from bot.texts import Localizer
from tests.app import origin_of
from tests.bench.callbacks import callbacks
from tests.chat_user import ChatUser
from tests.demo import free_port
from tests.http.outage import own_database
from tests.process import TOKEN, BotProcess

FORGED = 3000
ROUNDS = 3  # purchases meanwhile; the slowest counts
OVER = 4.0  # seconds in which they are sent, where the machine is quick enough
BOMBS = 40
BOMB = 240_000_000  # bytes, 230 KiB as gzip
CONNECTIONS = 32
PATIENT = 120.0  # seconds until the test gives up
# A flooded bot may be so many times slower than a quiet one, and so many seconds besides: the machine has other work,
# and the sender takes its share of it.
TIMES, BESIDES = 5, 6.0
MOST_DISK = 20_000_000  # bytes
BOT = int(TOKEN.partition(":")[0])
OFFER = "select min(id) from bot.offers where currency = $1"
SIZE = "select pg_database_size(current_database())"


async def timed(doing: Awaitable[Any]) -> float:
    began = time.monotonic()
    async with asyncio.timeout(PATIENT):
        await doing
    return time.monotonic() - began


async def buyer(http: aiohttp.ClientSession, sandbox: Sandbox) -> ChatUser:
    """Somebody new and registered: who buys the same again has its earlier links above it."""
    person = sandbox.telegram.context.people.add({"language_code": "ru"})
    made = ChatUser(
        http, origin_of(sandbox), BOT, person.id, "ru", Localizer("ru", ZoneInfo("Europe/Moscow"))
    )
    await made.register()
    return made


async def paying(anna: ChatUser) -> None:
    await anna.pay()
    await anna.receives("✅", PATIENT)


async def bought(anna: ChatUser, sql: asyncpg.Connection) -> dict[str, float]:
    """Seconds until the link came, until the payment was told, and for Telegram's question and payment."""
    roubles, stars = [await sql.fetchval(OFFER, currency) for currency in ("RUB", "XTR")]
    link = await timed(anna.order(roubles))
    paid = await timed(paying(anna))
    await anna.send(f"/start buy_{stars}")
    await anna.choose("stars")
    number = next(one["message_id"] for one in reversed(anna.messages) if "invoice" in one)
    body = {"message_id": number, "action": "pay"}
    return {"link": link, "paid": paid, "pre_checkout": await timed(anna._post("/invoices", body))}


class Flood:
    """`answers` counts statuses."""

    def __init__(self, origin: str) -> None:
        self._at = urlsplit(origin)
        self._bodies = callbacks()
        self._bomb = gzip.compress(b" " * BOMB, compresslevel=9)
        self.answers: Counter[bytes] = Counter()

    async def rage(self) -> None:
        ends = asyncio.get_running_loop().time() + OVER
        work = iter(range(FORGED))
        await asyncio.gather(*(self._send(work, ends) for _ in range(CONNECTIONS)), self._bombs())

    async def rising(self) -> None:
        """Until some of it is there."""
        async with asyncio.timeout(PATIENT):
            while self.answers.total() < FORGED / 10:  # noqa: ASYNC110 - the answers come in other tasks
                await asyncio.sleep(0.01)

    async def _send(self, work: Iterator[int], ends: float) -> None:
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection(self._at.hostname, self._at.port)
        for number in work:
            await asyncio.sleep(ends - OVER + number * OVER / FORGED - loop.time())
            await self._post(reader, writer, next(self._bodies))
        writer.close()

    async def _bombs(self) -> None:
        for _ in range(BOMBS):
            reader, writer = await asyncio.open_connection(self._at.hostname, self._at.port)
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._post(reader, writer, self._bomb, b"Content-Encoding: gzip\r\n")
            writer.close()

    async def _post(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes, header: bytes = b""
    ) -> None:
        head = b"POST /yookassa/webhook HTTP/1.1\r\nHost: a\r\n" + header
        writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        self.answers[answer.split(b" ")[1]] += 1


@pytest.mark.proof
@pytest.mark.errors_expected(
    "admins hear of callbacks turned away, where the minute's sweep falls into the flood"
)
async def test_a_flood_of_callbacks_makes_no_payer_wait(
    sandbox: Sandbox, http: aiohttp.ClientSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    async with own_database(tmp_path / "pg") as dsn:
        bot = BotProcess(origin_of(sandbox), dsn.dsn, tmp_path, HTTP_PORT=str(port))
        await bot.start()
        sql = await asyncpg.connect(dsn.dsn)
        try:
            buyers = [await buyer(http, sandbox) for _ in range(ROUNDS + 1)]
            quiet = await bought(buyers[0], sql)
            before = await sql.fetchval(SIZE)
            flood = Flood(f"http://127.0.0.1:{port}")
            raging = asyncio.create_task(flood.rage())
            await flood.rising()
            rounds = [await bought(one, sql) for one in buyers[1:]]
            flooded = {name: max(one[name] for one in rounds) for name in quiet}
            sent = await timed(raging)
            grown = await sql.fetchval(SIZE) - before
        finally:
            await sql.close()
            await bot.terminate()
    with capsys.disabled():
        print(f"\n\n{'seconds':<14}{'quiet':>8}{'flooded':>9}")
        for name in quiet:
            print(f"{name:<14}{quiet[name]:>8.2f}{flooded[name]:>9.2f}")
        print(f"answers {dict(flood.answers)}, disk +{grown / 1e6:.1f} MB, sending ended {sent:.1f} s later")
    assert flood.answers[b"415"] == BOMBS
    assert flood.answers.keys() <= {b"200", b"503", b"415"}
    assert sum(flood.answers.values()) == FORGED + BOMBS
    assert bot.errors == []
    assert grown < MOST_DISK
    assert [name for name in quiet if flooded[name] > TIMES * quiet[name] + BESIDES] == []
