"""Backup and restore with PostgreSQL's own programs: all rows of both schemas come back, or nothing changes."""

import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from db.postgres.backup import BackupError, backup, restore
from db.schema.contract import list_differences
from db.schema.migrate import SchemaState, get_schema_state
from tests.database import Databases

NAME = "Ольга «O'Hara» \t \\ \n 😀"


@pytest.fixture
def dsn(fresh_dsn: str) -> str:
    """Of a database that nobody else is connected to."""
    return fresh_dsn


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def add_user(dsn: str, email: str = "olga@example.org") -> int:
    conn = await asyncpg.connect(dsn)
    try:
        user = await conn.fetchval(
            "INSERT INTO users (name, email, created_at) VALUES ($1, $2, now()) RETURNING id", NAME, email
        )
        await conn.execute("INSERT INTO bot.updates (bot_id, update_id) VALUES (1, $1)", user)
        return int(user)
    finally:
        await conn.close()


async def emails(dsn: str) -> list[str]:
    conn = await asyncpg.connect(dsn)
    try:
        return [row["email"] for row in await conn.fetch("SELECT email FROM users ORDER BY id")]
    finally:
        await conn.close()


async def test_all_comes_back(dsn: str, empty_database: str, tmp_path: Path) -> None:
    user = await add_user(dsn)
    file = tmp_path / "a backup"
    assert await backup(dsn, file) == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["a backup"]

    await restore(empty_database, file)
    conn = await asyncpg.connect(empty_database)
    try:
        assert await get_schema_state(conn) is SchemaState.CURRENT
        assert await list_differences(conn) == []
        assert await conn.fetchval("SELECT name FROM users WHERE id = $1", user) == NAME
        assert await conn.fetchval("SELECT count(*) FROM bot.updates") == 1
    finally:
        await conn.close()
    assert await add_user(empty_database, "next@example.org") == user + 1


async def test_restore_into_a_migrated_database_without_rows(cluster: Databases, tmp_path: Path) -> None:
    async with cluster.clone() as source, cluster.clone() as target:
        await add_user(source)
        await backup(source, tmp_path / "b")
        await restore(target, tmp_path / "b")
        assert await emails(target) == ["olga@example.org"]


async def test_rows_are_replaced_only_on_demand(dsn: str, tmp_path: Path) -> None:
    await add_user(dsn)
    await backup(dsn, tmp_path / "b")
    await add_user(dsn, "later@example.org")
    with pytest.raises(BackupError, match="has rows"):
        await restore(dsn, tmp_path / "b")
    assert len(await emails(dsn)) == 2
    await restore(dsn, tmp_path / "b", replace=True)
    assert await emails(dsn) == ["olga@example.org"]


async def test_restore_refuses_while_others_are_connected(
    dsn: str, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    await backup(dsn, tmp_path / "b")
    with pytest.raises(BackupError, match="1 other connections"):
        await restore(dsn, tmp_path / "b", replace=True)
    assert await list_differences(connection) == []


async def test_a_broken_backup_changes_nothing(dsn: str, tmp_path: Path) -> None:
    for number in range(300):
        await add_user(dsn, f"{number}-{os.urandom(200).hex()}@example.org")
    await backup(dsn, tmp_path / "b")
    whole = (tmp_path / "b").read_bytes()
    (tmp_path / "b").write_bytes(whole[: len(whole) - 20_000])
    before = await emails(dsn)
    with pytest.raises(BackupError):
        await restore(dsn, tmp_path / "b", replace=True)
    assert await emails(dsn) == before


async def test_a_dependent_of_the_other_application_stops_the_restore(dsn: str, tmp_path: Path) -> None:
    await add_user(dsn)
    await backup(dsn, tmp_path / "b")
    conn = await asyncpg.connect(dsn)
    await conn.execute("CREATE TABLE notes (user_id bigint REFERENCES users (id))")
    await conn.close()
    with pytest.raises(BackupError, match="notes"):
        await restore(dsn, tmp_path / "b", replace=True)
    assert await emails(dsn) == ["olga@example.org"]


async def test_nothing_is_overwritten_or_left_behind(dsn: str, empty_database: str, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("precious")
    with pytest.raises(BackupError, match="exists already"):
        await backup(dsn, tmp_path / "b")
    with pytest.raises(BackupError, match="none of our tables"):
        await backup(empty_database, tmp_path / "c")
    with pytest.raises(BackupError, match="cannot be written"):
        await backup(dsn, tmp_path / "no folder" / "c")
    with pytest.raises(BackupError, match="cannot be read as a backup"):
        await restore(empty_database, tmp_path / "b")
    assert (tmp_path / "b").read_text() == "precious"
    assert os.listdir(tmp_path) == ["b"]
    await backup(dsn, tmp_path / "b", overwrite=True)
    assert (tmp_path / "b").read_bytes().startswith(b"PGDMP")


async def test_older_programs_are_refused(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore"):
        (programs / name).write_text(f'#!/bin/sh\necho "{name} (PostgreSQL) 9.6.24"\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PG_BIN", str(programs))
    with pytest.raises(BackupError, match="is version 9"):
        await backup(dsn, tmp_path / "b")
