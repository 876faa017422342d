"""The embedded server lives as long as somebody uses it, whoever started it and however they end."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest

from db.postgres.server import EmbeddedServer
from tests.db.servers import leaves, postmaster, seen, servers_on, shells_beside, stopped, until, user_process


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
