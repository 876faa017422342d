"""One PostgreSQL with its templates for all children, kept by a process of its own."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import asyncpg

from tests import app, conftest, database

MEMORY = Path("/dev/shm")


@contextmanager
def kept_server() -> Iterator[str]:
    """Its address. Whatever the tests' fixtures would start and make is there from now on."""
    folder = Path(tempfile.mkdtemp(prefix="mutants", dir=MEMORY if MEMORY.is_dir() else None))
    reader, writer = os.pipe()
    parent, pid = os.getpid(), os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # A shell that starts us in the background has it ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _keep(folder / "pg", writer, parent)
    os.close(writer)
    try:
        with open(reader) as pipe:
            dsn = pipe.readline().strip()
        assert dsn, "the server did not start"
        _take_over(dsn)
        yield dsn
    finally:
        os.kill(pid, signal.SIGINT)
        os.waitpid(pid, 0)
        shutil.rmtree(folder, ignore_errors=True)


def _keep(folder: Path, writer: int, parent: int) -> NoReturn:
    async def run() -> None:
        async with database.server_of_the_run(folder) as server:
            databases = database.Databases(server)
            await databases.prepare()
            await app.make_school(databases)
            await databases.close()
            os.write(writer, f"{server.dsn}\n".encode())
            os.close(writer)
            while os.getppid() == parent:  # noqa: ASYNC110  # a parent that was killed tells nobody
                await asyncio.sleep(0.5)

    try:
        asyncio.run(run())
    finally:
        os._exit(0)


def _take_over(dsn: str) -> None:
    @asynccontextmanager
    async def running(_folder: Path) -> AsyncIterator[SimpleNamespace]:
        yield SimpleNamespace(dsn=dsn)

    async def nothing(_databases: database.Databases) -> None:
        pass

    async def school(_databases: database.Databases) -> str:
        return app.TEMPLATE

    vars(conftest)["server_of_the_run"] = running
    database.Databases.prepare = nothing  # type: ignore[method-assign, assignment]
    vars(app)["make_school"] = school


def drop_leftovers(dsn: str) -> None:
    """Databases of children that ended in the middle of a test."""

    async def drop() -> None:
        connection = await asyncpg.connect(dsn)
        rows = await connection.fetch(r"select datname from pg_database where datname like 'test\_%'")
        for row in rows:
            await connection.execute(f"drop database {row['datname']} with (force)")
        await connection.close()

    asyncio.run(drop())
