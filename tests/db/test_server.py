"""The embedded server outlives whoever started it while others use it, and nobody's death leaves it behind."""

import asyncio
import os
import shutil
import signal
import stat
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from db.postgres.binaries import NoBinariesError
from db.postgres.cluster import Cluster
from db.postgres.server import EmbeddedServer, ServerError, WrongMajorError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

ROOT = Path(__file__).resolve().parents[2]
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
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


async def test_starts_serves_and_stops(open_folder: Path) -> None:
    folder = open_folder / "with spaces & %20 and «ё»"
    async with EmbeddedServer(folder, durable=False) as server:
        conn = await asyncpg.connect(server.dsn)
        assert await conn.fetchval("SELECT lower('ПРИВЕТ')") == "привет"
        assert await conn.fetchval("SHOW listen_addresses") == ""
        assert await conn.fetchval("SHOW max_connections") == "100"
        sockets = Path((await conn.fetchval("SHOW unix_socket_directories")).strip('"'))
        assert sockets == folder / "postgres" / "s"
        assert mode(sockets) == 0o700
        await conn.close()
    assert stopped(folder)


async def test_is_durable_unless_told_otherwise(tmp_path: Path) -> None:
    async with EmbeddedServer(tmp_path) as server:
        conn = await asyncpg.connect(server.dsn)
        settings = [await conn.fetchval(f"SHOW {name}") for name in ("fsync", "synchronous_commit")]
        await conn.close()
    assert settings == ["on", "on"]


@pytest.mark.parametrize("name", ["long/" * 30, "a,b"])
async def test_unfit_paths_get_a_socket_elsewhere(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    async with EmbeddedServer(folder, durable=False) as server:
        conn = await asyncpg.connect(server.dsn)
        await conn.close()
        sockets = Cluster(folder).sockets
        assert not sockets.is_relative_to(tmp_path)
        assert mode(sockets) == 0o700
    assert stopped(folder)
    assert sockets.name not in os.listdir(sockets.parent)


async def test_a_planted_socket_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    sockets = Cluster(folder).sockets
    sockets.mkdir(mode=0o755)
    try:
        with pytest.raises(ServerError, match="0700"):
            async with EmbeddedServer(folder, durable=False):
                pass
    finally:
        sockets.rmdir()


async def test_settings_of_the_environment_do_not_mislead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGPORT": "6543",
        "PGHOST": "example.org",
        "PGDATA": "/nowhere",
        "PGUSER": "x",
    }.items():
        monkeypatch.setenv(name, value)
    async with EmbeddedServer(tmp_path, durable=False) as server:
        conn = await asyncpg.connect(server.dsn)
        assert await conn.fetchval("SELECT current_user || '@' || current_database()") == "app@app"
        await conn.close()


async def test_kill_of_the_only_user_stops_the_server(tmp_path: Path) -> None:
    async with user_process(tmp_path) as process:
        assert servers_on(tmp_path)
        process.kill()
        await until(lambda: stopped(tmp_path))
    async with user_process(tmp_path), EmbeddedServer(tmp_path, durable=False) as server:
        assert await seen(server.dsn) == 2


async def test_who_attaches_never_stops_it(tmp_path: Path) -> None:
    async with EmbeddedServer(tmp_path, durable=False) as server:
        conn = await asyncpg.connect(server.dsn)
        async with user_process(tmp_path) as leaving, user_process(tmp_path) as killed:
            killed.kill()
            await leaves(leaving)
        assert await conn.fetchval("SELECT count(*) FROM seen") == 2
        await conn.close()
    assert stopped(tmp_path)


@pytest.mark.parametrize("end", ["leaves", "killed"])
async def test_who_started_it_may_go_first(tmp_path: Path, end: str) -> None:
    async with user_process(tmp_path) as starter, EmbeddedServer(tmp_path, durable=False) as server:
        conn = await asyncpg.connect(server.dsn)
        if end == "leaves":
            await leaves(starter)
        else:
            starter.kill()
            await starter.communicate()
        async with EmbeddedServer(tmp_path, durable=False) as late:
            assert await seen(late.dsn) == 1
        assert await conn.fetchval("SELECT count(*) FROM seen") == 1
        await conn.close()
    assert stopped(tmp_path)


async def test_starting_race_ends_with_one_server(tmp_path: Path) -> None:
    async def use() -> None:
        async with user_process(tmp_path) as process:
            await leaves(process)

    await asyncio.gather(*(use() for _ in range(4)))
    assert stopped(tmp_path)
    async with EmbeddedServer(tmp_path, durable=False) as server:
        assert await seen(server.dsn) == 4


async def test_a_killed_server_is_started_again(tmp_path: Path) -> None:
    async with EmbeddedServer(tmp_path) as server, user_process(tmp_path):
        conn = await asyncpg.connect(server.dsn)
        killed = postmaster(tmp_path)
        os.kill(killed, signal.SIGKILL)
        await until(conn.is_closed)
        await until(lambda: servers_on(tmp_path) and postmaster(tmp_path) != killed)
        async with EmbeddedServer(tmp_path, durable=False) as later:
            assert await seen(later.dsn) == 1
        assert await seen(server.dsn) == 1
    assert stopped(tmp_path)


async def test_an_unwatched_server_is_replaced(tmp_path: Path) -> None:
    """Somebody kills the watching shells: without them nobody would ever stop the server."""
    async with EmbeddedServer(tmp_path, durable=False):
        old = postmaster(tmp_path)
        for shell in shells_beside(old):
            os.kill(shell, signal.SIGKILL)
        await until(lambda: servers_on(tmp_path) and old not in servers_on(tmp_path))
    assert stopped(tmp_path)


async def test_a_stale_pid_file_neither_blocks_nor_kills(tmp_path: Path) -> None:
    """After a crash the pid in postmaster.pid may be somebody else's by now."""
    async with EmbeddedServer(tmp_path, durable=False):
        pid_file = (tmp_path / "postgres/data/postmaster.pid").read_text()
    bystander = await asyncio.create_subprocess_exec("sleep", "600")
    try:
        stale = "\n".join([str(bystander.pid), *pid_file.split("\n")[1:]])
        (tmp_path / "postgres/data/postmaster.pid").write_text(stale)
        async with EmbeddedServer(tmp_path, durable=False):
            assert bystander.returncode is None
    finally:
        bystander.kill()
        await bystander.wait()


async def test_initdb_that_was_cut_short_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data.new").mkdir(parents=True)
    (tmp_path / "postgres" / "data.new" / "PG_VERSION").write_text("18\n")
    async with EmbeddedServer(tmp_path, durable=False) as server:
        conn = await asyncpg.connect(server.dsn)
        await conn.close()
    assert not (tmp_path / "postgres" / "data.new").exists()


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    async with EmbeddedServer(tmp_path, durable=False):
        pass
    with pytest.raises(ServerError, match="shared_buffer_typo"):
        async with EmbeddedServer(tmp_path, options=["shared_buffer_typo=1"]):
            pass
    assert stopped(tmp_path)
    async with EmbeddedServer(tmp_path, durable=False):
        pass


async def test_data_of_another_version_is_refused(tmp_path: Path) -> None:
    async with EmbeddedServer(tmp_path, durable=False):
        pass
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("14\n")
    with pytest.raises(WrongMajorError, match="was made by PostgreSQL 14"):
        async with EmbeddedServer(tmp_path):
            pass


async def test_programs_named_by_hand_are_the_only_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(NoBinariesError, match="no postgres that runs"):
        async with EmbeddedServer(tmp_path):
            pass


@pytest.mark.skipif(not DEBIAN_15.exists(), reason="needs Debian's PostgreSQL 15")
async def test_debians_programs_serve_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(DEBIAN_15))
    async with EmbeddedServer(tmp_path, durable=False) as server:
        conn = await asyncpg.connect(server.dsn)
        assert conn.get_server_version().major == 15
        await conn.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="pg-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@needs_root
async def test_serves_a_plain_user_and_then_root(open_folder: Path) -> None:
    folder = open_folder / "data"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    async with user_process(folder, str(NOBODY)) as plain:
        async with EmbeddedServer(folder, durable=False) as server:  # root attaches
            assert await seen(server.dsn) == 1
        await leaves(plain)
    async with EmbeddedServer(folder, durable=False) as server:  # root starts what belongs to the plain user
        assert await seen(server.dsn) == 1
    assert {owner(path) for path in folder.rglob("*")} == {NOBODY}
    async with user_process(folder, str(NOBODY)) as plain:
        await leaves(plain)
    assert stopped(folder)


@needs_root
async def test_serves_root_where_user_namespaces_are_forbidden(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = open_folder / "bin"
    programs.mkdir()
    for name in ("sh", "setpriv"):
        (programs / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(programs))
    for _ in range(2):
        async with EmbeddedServer(open_folder, durable=False) as server:
            assert {owner(Path(f"/proc/{pid}")) for pid in servers_on(open_folder)} == {NOBODY}
            conn = await asyncpg.connect(server.dsn)
            await conn.close()
    assert stopped(open_folder)
