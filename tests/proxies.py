"""Proxies on loopback: SOCKS5 (RFC 1928, with user and password of RFC 1929) and HTTP's CONNECT (RFC 9110, 9.3.6)."""

import asyncio
import base64
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

NO_LOGIN, LOGIN, NONE_OF_THESE = 0, 2, 0xFF
IPV4, NAME = 1, 3


@dataclass
class Proxy:
    """`asked` are the hosts it was asked for; `user` and `password` are asked for where there are any."""

    user: str = ""
    password: str = ""
    port: int = 0
    asked: list[str] = field(default_factory=list)

    async def socks5(self, reader: StreamReader, writer: StreamWriter) -> None:
        _version, count = await reader.readexactly(2)
        offered = await reader.readexactly(count)
        wanted = LOGIN if self.user else NO_LOGIN
        writer.write(bytes([5, wanted if wanted in offered else NONE_OF_THESE]))
        if wanted not in offered or (wanted == LOGIN and not await self._knows(reader, writer)):
            return
        _version, _command, _, kind = await reader.readexactly(4)
        size = 4 if kind == IPV4 else (await reader.readexactly(1))[0]
        place = await reader.readexactly(size)
        host = ".".join(map(str, place)) if kind == IPV4 else place.decode()
        (port,) = struct.unpack("!H", await reader.readexactly(2))
        self.asked.append(host)
        async with _connected(host, port) as other:
            writer.write(bytes([5, 0, 0, IPV4, 0, 0, 0, 0, 0, 0]))
            await _both_ways(reader, writer, *other)

    async def _knows(self, reader: StreamReader, writer: StreamWriter) -> bool:
        _version, size = await reader.readexactly(2)
        user = (await reader.readexactly(size)).decode()
        password = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        known = (user, password) == (self.user, self.password)
        writer.write(bytes([1, 0 if known else 1]))
        return known

    async def http(self, reader: StreamReader, writer: StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        host, _, port = head.split()[1].rpartition(":")
        login = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if self.user and f"Basic {login}" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return
        self.asked.append(host)
        async with _connected(host, int(port)) as other:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _both_ways(reader, writer, *other)


@asynccontextmanager
async def proxy(kind: str, user: str = "", password: str = "") -> AsyncIterator[Proxy]:
    """`kind`: socks5 or http."""
    made = Proxy(user, password)
    serve: Callable[[StreamReader, StreamWriter], Awaitable[None]] = getattr(made, kind)

    async def serve_one(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()

    async with await asyncio.start_server(serve_one, "127.0.0.1", 0) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made


@asynccontextmanager
async def _connected(host: str, port: int) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    # Names end in no directory here: every one of them is this machine.
    reader, writer = await asyncio.open_connection("127.0.0.1" if host.endswith(".test") else host, port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def _both_ways(
    reader: StreamReader, writer: StreamWriter, other_reader: StreamReader, other_writer: StreamWriter
) -> None:
    ways = [_copy(reader, other_writer), _copy(other_reader, writer)]
    tasks = [asyncio.create_task(way) for way in ways]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


async def _copy(reader: StreamReader, writer: StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
