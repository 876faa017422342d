"""What strangers send to the HTTP side: refused cheaply, and never an error in our log (the fixtures see to that)."""

import asyncio
import gzip
import itertools
import zlib
from typing import Any

import aiohttp
import asyncpg
import pytest
from pydantic import SecretStr

from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.timings import Timings, seconds
from handlers.app import Application
from tests.app import QUICK, origin_of, settings_for
from tests.callbacks import NOTHING, UNKNOWN, notification, post, recorded
from tests.chat_user import PATIENCE

KEY = "key-of_the-callbacks"
BOMB = b'{"type":"notification","event":"payment.succeeded","object":{"id":"' + b" " * 20_000_000 + b'"}}'


@pytest.fixture
def timings() -> Timings:
    """Nobody is waited for long."""
    return Timings(**{name: getattr(QUICK, name) for name in QUICK.__slots__} | SHORT)


SHORT = {"body": seconds(0.3)[0], "idle": seconds(0.3)[0]}


async def say(app: Application, sent: bytes, *, end: bool = False) -> bytes:
    """What is answered to those bytes, until the bot closes the connection; `end` closes our side first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", app.http_port)
    try:
        writer.write(sent)
        if end:
            writer.write_eof()
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    finally:
        writer.close()


# --- bodies ---


COMPRESSED = [
    ("gzip", gzip.compress(BOMB)),
    ("deflate", zlib.compress(BOMB)),
    ("gzip", b"no gzip at all"),
    ("GZIP", b"{}"),
    ("br", b"\x8b"),
    ("zstd", b"\x28\xb5\x2f\xfd"),
    ("identity, gzip", b"{}"),
    ("of the future", b"{}"),
]


async def test_what_is_compressed_is_refused_unread(
    app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection
) -> None:
    for encoding, body in COMPRESSED:
        assert await post(app, http, body, **{"Content-Encoding": encoding}) == 415, encoding
    for encoding in ("identity", ""):
        unknown = notification("payment.surprised", id=UNKNOWN)
        assert await post(app, http, unknown, **{"Content-Encoding": encoding}) == 200
    assert await recorded(sql) == NOTHING


STRANGE_JSON: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"payment.succeeded",
    "a form": b"event=payment.succeeded&object=1",
    "cut": b'{"type": "notification", "object": {',
    "NaN": b'{"type": NaN}',
    "infinity": b'{"type": -Infinity}',
    "deep list": b"[" * 100_000,
    "deep object": b'{"a":' * 50_000,
    "lone surrogate": b'{"type": "\\ud800"}',
    "no UTF-8": b'{"type": "\xff"}',
    "UTF-16": '{"type": "notification"}'.encode("utf-16"),
    "with a mark": b'\xef\xbb\xbf{"type": "notification"}',
    "NUL": b"\x00" * 100,
    "two values": b"{}{}",
    "single quotes": b"{'type': 'notification'}",
    "huge number": b'{"type": ' + b"9" * 100_000 + b"}",
    "keys twice": b'{"type": "notification", "type": 1}',
    "list": b"[]",
    "null": b"null",
}


async def test_what_is_no_object_of_json_is_refused(
    app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection
) -> None:
    for strange, body in STRANGE_JSON.items():
        assert await post(app, http, body) == 400, strange
    assert await recorded(sql) == NOTHING


BROKEN = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"BREW /coffee HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET /%ff%00/../.. HTTP/1.1\r\nHost: \xff\xfe\r\nConnection: close\r\n\r\n",
    b"POST /yookassa/webhook HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /yookassa/webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
    b"POST /yookassa/webhook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /yookassa/webhook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}\r\n0\r\n",
    b"POST /yookassa/webhook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST /yookassa/webhook HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /yookassa/webhook HTTP/1.1\r\nHost: a\r\nContent-Type: \xd1\x8f\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /telegram/webhook HTTP/1.1\r\nHost: a\r\nX-Telegram-Bot-Api-Secret-Token: \xff\xd1\r\n"
    b"Content-Length: 2\r\n\r\n{}",
    b"GET /paid HTTP/1.1\r\nHost: a\r\nAccept-Language: \xff\xff\xff\r\nConnection: close\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
]


async def test_broken_http_is_no_error_of_ours(app: Application) -> None:
    for sent, end in itertools.product(BROKEN, (False, True)):
        answer = await say(app, sent, end=end)
        assert b" 500 " not in answer.partition(b"\r\n")[0], sent


# --- time ---


async def test_a_connection_without_a_whole_request_is_closed(app: Application) -> None:
    slow = b"POST /yookassa/webhook HTTP/1.1\r\nHost: a\r\nX-Slow: "
    for begun in (b"", b"GET /hea", slow, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"):
        await say(app, begun)  # returns when it is closed


async def test_a_body_that_does_not_come_is_not_waited_for(app: Application) -> None:
    head = b"POST /yookassa/webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n{"
    assert (await say(app, head)).startswith(b"HTTP/1.1 408 ")


class TestManyConnections:
    @pytest.fixture
    def timings(self) -> Timings:
        return Timings(**{name: getattr(QUICK, name) for name in QUICK.__slots__} | {"connections": 5})

    async def test_who_holds_many_connections_keeps_nobody_out(self, app: Application) -> None:
        """Idle ones, and ones whose request never ends to begin, go before others are turned away."""
        held = [await self.half_asked(app) for _ in range(5)]
        for _ in range(5):
            answer = await say(app, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 ")
            reader, writer = held.pop(0)
            async with asyncio.timeout(PATIENCE):
                await reader.read()  # returns when it is closed
            writer.close()
            held.append(await self.half_asked(app))
        for _reader, writer in held:
            writer.close()

    async def half_asked(self, app: Application) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", app.http_port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        return reader, writer

    async def test_there_are_never_more_than_twice_as_many(self, app: Application) -> None:
        """While the bodies of all of them are waited for."""
        head = b"POST /yookassa/webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{"
        held = [await asyncio.open_connection("127.0.0.1", app.http_port) for _ in range(10)]
        for _reader, writer in held:
            writer.write(head)
            await writer.drain()
        assert await cut_off(app, head)
        for _reader, writer in held:
            writer.close()


async def cut_off(app: Application, sent: bytes) -> bool:
    """Whether the connection ends without an answer."""
    try:
        return await say(app, sent) == b""
    except ConnectionError:
        return True


# --- the key in the callbacks' address ---


OTHERS = [
    "", "/", "/x", f"/{KEY}x", f"/{KEY[:-1]}", f"/{KEY.upper()}", f"/{KEY}/", f"/{KEY}/x", f"?key={KEY}", "/ключ",
    "/%FF",
]  # fmt: skip


class TestKey:
    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        return settings_for(origin_of(sandbox), yookassa_webhook_key=SecretStr(KEY))

    async def test_other_addresses_are_not_there(
        self, app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection
    ) -> None:
        body: Any = notification("payment.succeeded", id=UNKNOWN)
        for path, method in itertools.product(OTHERS, ("POST", "GET")):
            url = f"http://127.0.0.1:{app.http_port}/yookassa/webhook{path}"
            async with http.request(method, url, json=body) as response:
                assert response.status == 404, path
        assert await recorded(sql) == NOTHING

    async def test_a_callback_with_the_key_is_taken(
        self, app: Application, http: aiohttp.ClientSession, sql: asyncpg.Connection
    ) -> None:
        app.worker.stop()
        url = f"http://127.0.0.1:{app.http_port}/yookassa/webhook/{KEY}"
        async with http.post(url, json=notification("payment.succeeded", id=UNKNOWN)) as response:
            assert response.status == 200
        assert await sql.fetchval("select count(*) from bot.callbacks") == 1
        async with http.get(url) as response:
            assert response.status == 405
