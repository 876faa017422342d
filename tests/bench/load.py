"""A client that costs so little that it is the server that is measured."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from tests.bench.environment import Side
from tests.bench.figures import Pair, Try

CONNECTIONS = 16
MOST_CONNECTIONS = 100  # Telegram's max_connections
GRACE = 10.0  # seconds after which what was not answered is lost


class RefusedError(Exception):
    """An answer that was not 200: there is nothing to measure."""


async def post(url: str, bodies: Sequence[bytes], headers: Mapping[str, str]) -> float:
    """POSTs every body once, over a few connections that stay open, and how many a second. Raises RefusedError."""
    waiting = iter([_request(url, body, headers) for body in bodies])
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(min(CONNECTIONS, len(bodies))):
            tasks.create_task(_connection(url, waiting))
    return len(bodies) / (time.perf_counter() - began)


def posting(
    side: Side, path: str, bodies: Iterator[bytes], count: int, headers: Mapping[str, str] | None = None
) -> Try:
    """A try that posts the next `count` bodies: how many a second, the milliseconds of the process's processor for
    each, and its statements for each."""
    return posting_steps(side, path, [bodies], count, headers)


def posting_steps(
    side: Side,
    path: str,
    steps: Sequence[Iterator[bytes]],
    count: int,
    headers: Mapping[str, str] | None = None,
) -> Try:
    """As `posting`, of things that take several updates: each step of all before the next one of any."""

    async def attempt() -> tuple[float, float, float]:
        before, url, taken = await side.figures(), f"{side.origin}{path}", 0.0
        for bodies in steps:
            taken += count / await post(url, [next(bodies) for _ in range(count)], headers or {})
        rate, after = count / taken, await side.figures()
        spent, sent = (after[name] - before[name] for name in ("cpu", "statements"))
        return rate, spent / count * 1000, sent / count

    return attempt


def pairs(
    title: str, ours: Sequence[Sequence[float]], bare: Sequence[Sequence[float]], goals: tuple[str, str]
) -> list[Pair]:
    """Of what `posting` gives: the rate, and the processor's time."""
    rates, spent = ([[one[at] for one in side] for side in (ours, bare)] for at in (0, 1))
    notes = [f"{ours[0][2]:.1f} statements each"]
    return [
        Pair(title, "per second", rates[0], rates[1], goals[0], notes),
        Pair(title, "ms of processor each", spent[0], spent[1], goals[1], notes),
    ]


def _request(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    parts = urlsplit(url)
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


async def paced(
    url: str, bodies: Sequence[bytes], headers: Mapping[str, str], rate: float
) -> list[float | None]:
    """As many a second as `rate` says, however slow the answers are, over at most as many connections as Telegram
    opens: milliseconds from the moment that each was due, None for what was lost. `rate` 0: all at once, each over
    a connection of its own."""
    due: asyncio.Queue[tuple[int, float]] = asyncio.Queue()
    found: list[float | None] = [None] * len(bodies)
    requests = [_request(url, body, headers) for body in bodies]
    opened = [
        await _open(url) for _ in range(len(bodies) if not rate else min(MOST_CONNECTIONS, len(bodies)))
    ]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            number, began = await due.get()
            with suppress(OSError, EOFError, RefusedError):
                writer.write(requests[number])
                await _answered(reader)
                found[number] = (time.perf_counter() - began) * 1000
            due.task_done()

    serving = [asyncio.create_task(serve(*connection)) for connection in opened]
    began = time.perf_counter()
    for number in range(len(bodies)):
        at = began + number / rate if rate else began
        await asyncio.sleep(at - time.perf_counter())
        due.put_nowait((number, at))
    with suppress(TimeoutError):
        await asyncio.wait_for(due.join(), GRACE)
    for task in serving:
        task.cancel()
    for _, writer in opened:
        writer.close()
    return found


async def _open(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def _connection(url: str, waiting: Iterator[bytes]) -> None:
    reader, writer = await _open(url)
    try:
        for request in waiting:
            writer.write(request)
            await _answered(reader)
    finally:
        writer.close()
        await writer.wait_closed()


async def _answered(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    body = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 200"):
        raise RefusedError((head + body).decode(errors="replace"))
