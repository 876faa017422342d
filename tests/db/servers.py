"""Processes that use an embedded server, and what can be seen of it from outside."""

import asyncio
import os
import stat
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
# A process that uses the server, says so, and leaves when its input ends. Imports happen before privileges drop,
# since a plain user may not be able to read this interpreter's packages.
USER_PROCESS = """
import asyncio, concurrent.futures.thread, os, sys
from pathlib import Path
import asyncpg
from db.postgres.server import EmbeddedServer

async def main():
    async with EmbeddedServer(Path(sys.argv[1]), durable=False) as server:
        connection = await asyncpg.connect(server.dsn)
        await connection.execute("SELECT pg_advisory_lock(1)")  # two at once may both find no table
        await connection.execute("CREATE TABLE IF NOT EXISTS seen (pid int)")
        await connection.execute("INSERT INTO seen VALUES ($1)", os.getpid())
        await connection.close()
        print("up", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

if len(sys.argv) > 2:
    from db.postgres.binaries import server_binaries
    server_binaries()
    os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
asyncio.run(main())
"""


@asynccontextmanager
async def user_process(folder: Path, *arguments: str) -> AsyncIterator[Process]:
    """A process of its own that uses the server under `folder`, up and connected."""
    command = (sys.executable, "-c", USER_PROCESS, str(folder), *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=ROOT)
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        assert line == b"up\n", (await process.communicate())[1].decode()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def leaves(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    _, complaint = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, complaint.decode()


async def until(condition: Callable[[], object]) -> None:
    """Waits, bounded, for what must come about."""
    for _ in range(1500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never happened")


def servers_on(folder: Path) -> list[int]:
    """The processes of any server that works in this data folder."""
    data = str(folder / "postgres" / "data")
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdecimal() and os.readlink(process / "cwd") == data:
                found.append(int(process.name))
        except OSError:
            continue
    return found


def postmaster(folder: Path) -> int:
    return int((folder / "postgres/data/postmaster.pid").read_text().split()[0])


def shells_beside(pid: int) -> list[int]:
    """The shells in the server's process group: its watcher."""
    group = os.getpgid(pid)
    processes = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [one for one in processes if one != pid and is_in(group, one)]


def is_in(group: int, pid: int) -> bool:
    try:
        return os.getpgid(pid) == group and "postgres" not in Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return False


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def owner(path: Path) -> int:
    return path.stat().st_uid


def stopped(folder: Path) -> bool:
    return not servers_on(folder)


async def seen(dsn: str) -> int:
    conn = await asyncpg.connect(dsn)
    try:
        return int(await conn.fetchval("SELECT count(*) FROM seen"))
    finally:
        await conn.close()
