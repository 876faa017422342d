"""A client that costs so little that it is the server that is measured."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from tests.bench.environment import Side
from tests.bench.figures import Pair, Try

CONNECTIONS = 16


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

    async def attempt() -> tuple[float, float, float]:
        before = await side.figures()
        rate = await post(f"{side.origin}{path}", [next(bodies) for _ in range(count)], headers or {})
        after = await side.figures()
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


async def _connection(url: str, waiting: Iterator[bytes]) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
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
