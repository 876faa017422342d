"""Debian's PostgreSQL 15, made with locale C: the bot works on it, and a school moves there."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from db.postgres.server import EmbeddedServer
from db.schema.contract import list_differences
from db.schema.migrate import SchemaState, get_schema_state
from tests.database import DEBIAN_15, Databases, make_cluster
from tests.process import command

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parents[2]
# Migrations, locale, backup and restore, and dialogues with the whole bot.
SUITE = (
    "tests/db/test_migrate.py",
    "tests/db/test_normal.py",
    "tests/db/test_promo.py",
    "tests/db/test_backup.py",
    "tests/chat/test_promo.py",
    "tests/chat/payments/test_links.py",
)
SCHOOL = """
insert into users (name, email, created_at, last_seen)
values ('Ольга «O''Hara»', 'olga@example.org', now(), 'infinity');
insert into promocodes (code, max_usage_count, days, product_id)
select 'ВЕСНА', 100, 14, min(product_id) from products;
"""
TABLES = """
select c.oid::regclass::text from pg_class c
where c.relnamespace in ('public'::regnamespace, 'bot'::regnamespace) and c.relkind = 'r' order by 1
"""


@pytest.fixture
async def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The address of an empty database on such a server."""
    folder = tmp_path / "debian"
    await make_cluster(folder, DEBIAN_15, locale="C")
    monkeypatch.setenv("PG_BIN", str(DEBIAN_15))
    async with EmbeddedServer(folder, durable=False) as server:
        monkeypatch.delenv("PG_BIN")
        yield server.dsn


async def contents(dsn: str) -> dict[str, str]:
    """Each table's rows, as one text."""
    connection = await asyncpg.connect(dsn, server_settings={"timezone": "UTC"})
    try:
        assert await get_schema_state(connection) is SchemaState.CURRENT
        assert [one for one in await list_differences(connection) if one.breaks] == []
        return {
            name: await connection.fetchval(
                f"select string_agg(t::text, '|' order by t::text collate \"C\") from {name} t"
            )
            for (name,) in await connection.fetch(TABLES)
        }
    finally:
        await connection.close()


async def test_a_school_moves_there(school_database: str, debian: str, tmp_path: Path) -> None:
    """By the commands that operating.md names. Back again is not promised (docs/facts.md#embedded-postgresql)."""
    connection = await asyncpg.connect(school_database)
    await connection.execute(SCHOOL)
    await connection.close()
    before = await contents(school_database)
    assert "ВЕСНА" in before["promocodes"]
    there = await asyncpg.connect(debian)
    assert there.get_server_version().major == 15
    assert (
        await there.fetchval("select datcollate from pg_database where datname = current_database()") == "C"
    )
    await there.close()
    file = tmp_path / "b"
    for name, dsn in (("backup", school_database), ("restore", debian)):
        ended = await command(tmp_path, name, file, DATABASE_URL=dsn)
        assert ended.status == 0, ended.errors
    ended = await command(tmp_path, "migrate", DATABASE_URL=debian)
    assert "is up to date" in ended.output, ended
    assert await contents(debian) == before


async def test_debians_own_programs_move_it_onwards(debian: str, cluster: Databases, tmp_path: Path) -> None:
    """PG_BIN names them; they can't read what newer programs wrote, and that is said."""
    ended = await command(tmp_path, "migrate", DATABASE_URL=debian)
    assert ended.status == 0, ended.errors
    own = {"DATABASE_URL": debian, "PG_BIN": str(DEBIAN_15)}
    assert (await command(tmp_path, "backup", tmp_path / "b", **own)).status == 0
    async with cluster.clone() as newer:
        refused = await command(tmp_path, "backup", tmp_path / "c", DATABASE_URL=newer, PG_BIN=str(DEBIAN_15))
    assert "is version 15" in refused.errors


async def test_the_tests_that_matter_pass_on_it() -> None:
    """In a process of their own: the whole run has one server."""
    environment = os.environ | {"PG_BIN": str(DEBIAN_15), "TEST_LOCALE": "C"}
    assert DEBIAN_15.exists(), "this proof needs Debian's PostgreSQL 15: apt-get install postgresql-15"
    run = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "pytest", "-q", "-n", "0", *SUITE],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-10000:]
