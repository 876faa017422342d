"""A way to a server that can be made to swallow everything: no refusal, no answer, as when a network is gone."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Self


class Relay:
    def __init__(self, to: int | Path) -> None:
        """`to`: a port of this machine, or a socket's file."""
        self._to = to
        self._gone = False
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def swallow(self) -> None:
        """From now on nothing gets through, on connections that are open as well."""
        self._gone = True

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        if self._gone:
            return
        if isinstance(self._to, int):
            theirs, to = await asyncio.open_connection("127.0.0.1", self._to)
        else:
            theirs, to = await asyncio.open_unix_connection(self._to)
        self._writers.append(to)
        await asyncio.gather(self._copy(reader, to), self._copy(theirs, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if not self._gone:
                    writer.write(data)
                    await writer.drain()
            if not self._gone:
                writer.close()
