"""A way to PostgreSQL that counts what passes.

The protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html
What changes nothing is let through uncounted: starting up, preparing, BEGIN (a cut there is a cut before the first
statement).
"""

import asyncio
import hashlib
import re
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.faults.points.gate import Gate

ASKS_FOR_TLS = 80877103
ROWS = re.compile(rb" (\d+)\0$")
SILENT = re.compile(
    r"^(;|begin|rollback|listen|unlisten|set |show |select pg_catalog|select pg_notify|select 1$)"
)
CATALOG = re.compile(r"pg_catalog\.|pg_type|typinfo")
TAKES_JOBS = re.compile(r"pgqueuer.*for update.*skip locked", re.DOTALL)


def label_of(statement: str) -> str:
    """Its first words, and a mark of the whole: the same in every run."""
    text = re.sub(r"\s+", " ", re.sub(r"--[^\n]*", " ", statement)).strip()
    text = re.sub(r"savepoint_\d+", "savepoint", text)
    text = re.sub(r"(\(?\$\d+(::[\w ()]+)?\)?,? ?)+", "$ ", text)
    return f"{text[:60]} #{hashlib.sha256(text.encode()).hexdigest()[:4]}"


async def _messages(reader: StreamReader) -> AsyncIterator[tuple[bytes, bytes]]:
    with suppress(asyncio.IncompleteReadError, OSError):
        while True:
            head = await reader.readexactly(5)
            size = struct.unpack("!I", head[1:])[0]
            yield head[:1], head + await reader.readexactly(size - 4)


def _words(message: bytes) -> list[str]:
    """The texts a message begins with."""
    return [part.decode(errors="replace") for part in message[5:].split(b"\0", 2)[:2]]


@dataclass
class Connection:
    """One of the bot's. `waiting` is the label of what was asked and is not answered yet."""

    gate: Gate
    prepared: dict[str, str] = field(default_factory=dict)
    statement: str = ""
    executes: bool = False
    last: str = ""
    waiting: str | None = None
    is_poll: bool = False
    rows: int = 0

    async def up(self, reader: StreamReader, writer: StreamWriter) -> None:
        held = b""
        async for kind, message in _messages(reader):
            held += message
            self._note(kind, message)
            if kind in b"SQ":
                if self._asks() and self.gate.cuts(self.waiting or "", is_poll=self.is_poll):
                    return
            elif kind in b"PDBE":
                continue
            writer.write(held)
            held = b""
            await writer.drain()

    def _note(self, kind: bytes, message: bytes) -> None:
        match kind:
            case b"P":
                name, self.statement = _words(message)
                self.prepared[name] = self.statement
            case b"B":
                self.statement = self.prepared.get(_words(message)[1], "")
            case b"E":
                self.executes = True
            case b"Q":
                self.statement, self.executes = _words(message)[0], True

    def _asks(self) -> bool:
        """Whether this is one of those that count."""
        executes, self.executes, self.rows, self.waiting = self.executes, False, 0, None
        plain = self.statement.strip().lower()
        if plain.startswith("begin"):
            self.last = ""
        commits = plain.startswith("commit")
        if not executes or (commits and not self.last) or SILENT.match(plain) or CATALOG.search(plain):
            return False
        self.is_poll = bool(TAKES_JOBS.search(plain))
        self.waiting = f"COMMIT after {self.last}" if commits else label_of(self.statement)
        self.last = label_of(self.statement)
        return True

    async def down(self, reader: StreamReader, writer: StreamWriter) -> None:
        held = b""
        async for kind, message in _messages(reader):
            held += message
            if kind == b"C" and (rows := ROWS.search(message)):
                self.rows += int(rows[1])
            if self.waiting is not None and kind != b"Z":
                continue
            label, self.waiting = self.waiting, None
            if label is not None and self.gate.keeps_back(label, is_poll=self.is_poll, brought=self.rows > 0):
                return
            writer.write(held)
            held = b""
            await writer.drain()


class PostgresWire:
    """`socket`: the file of the server's own."""

    def __init__(self, socket: Path, gate: Gate) -> None:
        self._socket = socket
        self._gate = gate
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        theirs, to = await asyncio.open_unix_connection(self._socket)
        try:
            await _start(reader, writer, to)
            one = Connection(self._gate)
            await until_one_ends(one.up(reader, to), one.down(theirs, writer))
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass  # the server's own task, at the end: nobody waits for it
        finally:
            for end in (writer, to):
                end.transport.abort()
            self._open.discard(task)


async def _start(reader: StreamReader, writer: StreamWriter, to: StreamWriter) -> None:
    """What stands before the first message with a letter."""
    while True:
        size, code = struct.unpack("!II", head := await reader.readexactly(8))
        rest = await reader.readexactly(size - 8)
        if code != ASKS_FOR_TLS:
            to.write(head + rest)
            return
        writer.write(b"N")


async def until_one_ends(*ways: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
