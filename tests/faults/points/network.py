"""Ways to HTTP servers and to a mail server that count what passes."""

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from typing import Self

import aiohttp
from aiohttp import web

from tests.faults.points.gate import Gate
from tests.faults.points.postgres import until_one_ends

HOP = {"host", "connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade"}
NAMES = re.compile(r"(?<=/)(bot\d+:[\w-]+|[\w-]{24,}|\d+)")


def label_of(method: str, path: str) -> str:
    """Without the ids in it."""
    return f"{method} {NAMES.sub('*', path)}"


class HttpWire:
    """In front of the server at `to`, an origin."""

    def __init__(self, to: str, gate: Gate) -> None:
        self._to = to
        self._gate = gate

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        self._client = aiohttp.ClientSession(connector=connector, auto_decompress=False)
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.origin = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        label, body = label_of(request.method, request.path), await request.read()
        is_poll = label.endswith("/getUpdates")
        if self._gate.cuts(label, is_poll=is_poll):
            return self._break(request)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
        try:
            async with self._client.request(
                request.method, self._to + request.raw_path, data=body, headers=headers, allow_redirects=False
            ) as answer:
                content = await answer.read()
        except aiohttp.ClientError:
            return self._break(request)  # nobody is there
        if self._gate.keeps_back(label, is_poll=is_poll, brought=b"update_id" in content):
            return self._break(request)
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP}
        return web.Response(status=answer.status, body=content, headers=kept)

    def _break(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=502)


class MailWire:
    """In front of the mail server at this port. SMTP takes turns: what is sent between two answers is one request."""

    def __init__(self, to: int, gate: Gate) -> None:
        self._to = to
        self._gate = gate
        self._waiting: dict[StreamWriter, str] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            theirs, to = await asyncio.open_connection("127.0.0.1", self._to)
            with suppress(OSError):
                await until_one_ends(self._up(reader, to, writer), self._down(theirs, writer))
            to.transport.abort()
        finally:
            self._waiting.pop(writer, None)
            writer.transport.abort()

    async def _up(self, reader: StreamReader, to: StreamWriter, back: StreamWriter) -> None:
        while data := await reader.read(2**20):
            said = re.match(rb"[A-Za-z]{4}\b", data)
            label = f"SMTP {said[0].decode().upper() if said and len(data) < 500 else 'letter'}"
            if self._gate.cuts(label):
                return
            self._waiting[back] = label
            to.write(data)
            await to.drain()

    async def _down(self, theirs: StreamReader, writer: StreamWriter) -> None:
        while data := await theirs.read(2**20):
            label = self._waiting.pop(writer, None)
            if label is not None and self._gate.keeps_back(label):
                return
            writer.write(data)
            await writer.drain()
