"""Several processes of one bot behind one address, killed and started again by a supervisor."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.demo import free_port
from tests.process import BotProcess

LIVES = (10.0, 20.0)  # seconds a process lives once it is ready
AT_LEAST = 5  # times as long as its start took: on a busy machine it would else be killed before it has done anything
SECRET = "storm-secret-of-the-tests"


class Door:
    """What a load balancer is to its replicas: a connection goes to one that answers, and breaks with it."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = list(ports)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            behind = await self._connect()
            if behind is not None:
                await self._join(reader, writer, *behind)
        finally:
            writer.transport.abort()
            self._open.discard(task)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for port in random.sample(self._ports, len(self._ports)):
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None

    async def _join(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        their_reader: asyncio.StreamReader,
        their_writer: asyncio.StreamWriter,
    ) -> None:
        """Until one side ends; then both do."""
        ways = {
            asyncio.create_task(_copy(reader, their_writer)),
            asyncio.create_task(_copy(their_reader, writer)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            their_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


class Replicas:
    """`kills` and `failed_starts` are counted over all of them (the database may be away when one starts)."""

    def __init__(self, processes: Sequence[BotProcess], origin: str) -> None:
        self.processes = processes
        self.origin = origin
        self.kills = 0
        self.failed_starts = 0
        self._calm = asyncio.Event()

    async def start(self) -> None:
        await asyncio.gather(*(process.start() for process in self.processes))

    async def stop(self) -> None:
        await asyncio.gather(*(process.kill() for process in self.processes if process.started))

    async def keep_killing(self) -> None:
        """Kills each again and again until `calm`, and leaves all of them running."""
        async with asyncio.TaskGroup() as tasks:
            for process in self.processes:
                tasks.create_task(self._kill_again_and_again(process))

    def calm(self) -> None:
        self._calm.set()

    async def _kill_again_and_again(self, process: BotProcess) -> None:
        took = 0.0
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._calm.wait(), max(random.uniform(*LIVES), AT_LEAST * took))
                return
            await process.kill()
            self.kills += 1
            began = time.monotonic()
            await self._start_again(process)
            took = time.monotonic() - began

    async def _start_again(self, process: BotProcess) -> None:
        while True:
            try:
                return await process.start()
            except AssertionError:
                self.failed_starts += 1
                await asyncio.sleep(0.5)


@asynccontextmanager
async def replicas(count: int, telegram: str, dsn: str, folder: Path) -> AsyncIterator[Replicas]:
    """Not started yet; `origin` is the address of them all."""
    port, ports = free_port(), [free_port() for _ in range(count)]
    origin = f"http://127.0.0.1:{port}"
    processes = [
        BotProcess(
            telegram, dsn, folder,
            HTTP_PORT=str(one), PUBLIC_URL=origin, WEBHOOK_SECRET=SECRET, TELEGRAM_PAYMENT_TOKEN="381764678:TEST:1",
        )
        for one in ports
    ]  # fmt: skip
    door = Door(ports)
    await door.start(port)
    them = Replicas(processes, origin)
    try:
        yield them
    finally:
        await them.stop()
        await door.stop()
