"""The embedded server: how it starts, what it refuses, and as whom it runs."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from db.postgres.binaries import NoBinariesError
from db.postgres.cluster import Cluster
from db.postgres.server import EmbeddedServer, ServerError, WrongMajorError
from tests.db.servers import NOBODY, leaves, mode, owner, seen, servers_on, stopped, user_process

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


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


def given_to(pid: int) -> bytes:
    """The process's environment, where the machine shows it."""
    file = Path(f"/proc/{pid}/environ")
    return file.read_bytes() if file.exists() else b""


async def test_settings_of_the_environment_do_not_mislead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGPORT": "6543",
        "PGHOST": "example.org",
        "PGDATA": "/nowhere",
        "PGUSER": "x",
        "BOT_TOKEN": "7:a-secret-of-ours",
        "DATABASE_URL": "postgresql://app:a-secret-of-ours@db/app",
    }.items():
        monkeypatch.setenv(name, value)
    async with EmbeddedServer(tmp_path, durable=False) as server:
        conn = await asyncpg.connect(server.dsn)
        assert await conn.fetchval("SELECT current_user || '@' || current_database()") == "app@app"
        server_pid = int((tmp_path / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        for pid in (server_pid, conn.get_server_pid()):
            assert b"a-secret-of-ours" not in given_to(pid)
        await conn.close()


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


@pytest.fixture
def without_namespaces(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = open_folder / "bin"
    programs.mkdir()
    for name in ("sh", "setpriv"):
        (programs / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(programs))


@needs_root
@pytest.mark.usefixtures("without_namespaces")
async def test_serves_root_where_user_namespaces_are_forbidden(open_folder: Path) -> None:
    for _ in range(2):
        async with EmbeddedServer(open_folder, durable=False) as server:
            assert {owner(Path(f"/proc/{pid}")) for pid in servers_on(open_folder)} == {NOBODY}
            conn = await asyncpg.connect(server.dsn)
            await conn.close()
    assert stopped(open_folder)


@needs_root
@pytest.mark.usefixtures("without_namespaces")
async def test_a_folder_that_only_root_may_enter_is_named(open_folder: Path) -> None:
    closed = open_folder / "root"
    closed.mkdir(mode=0o700)
    with pytest.raises(ServerError, match=f"{closed}/data/postgres can be entered by root alone"):
        async with EmbeddedServer(closed / "data", durable=False):
            pass
