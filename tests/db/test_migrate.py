"""Migrating: empty, adopted, up to date or too new, by one process or several, forth and back."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import CreateSchema

from db.dsn import asyncpg_url
from db.schema.contract import list_differences
from db.schema.migrate import SchemaState, alembic_config, get_schema_state, migrate, revisions
from db.tables import Base

ROOT = Path(__file__).resolve().parents[2]
ADOPTED = Path(__file__).with_name("adopted.sql").read_text("utf-8")

MIGRATING_PROCESS = """
import asyncio, sys
from db.schema.migrate import migrate
sys.stdin.read()  # until all are ready
sys.exit(0 if asyncio.run(migrate(sys.argv[1], print)) else 1)
"""

# Everything in schema public, as a person would notice it.
PUBLIC = """
SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
  SELECT concat_ws(' ', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attidentity)
  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND attnum > 0
  UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT users::text FROM users UNION ALL SELECT purchases::text FROM purchases
) AS lines (line)
"""


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    conn = await asyncpg.connect(dsn)
    try:
        yield conn
    finally:
        await conn.close()


async def run(dsn: str, statement: str) -> None:
    async with connected(dsn) as conn:
        await conn.execute(statement)


async def value(dsn: str, query: str) -> object:
    async with connected(dsn) as conn:
        return await conn.fetchval(query)


async def state(dsn: str) -> SchemaState:
    async with connected(dsn) as conn:
        return await get_schema_state(conn)


@pytest.fixture
async def adopted(empty_database: str) -> str:
    """The address of a database made by the other application."""
    await run(empty_database, ADOPTED)
    return empty_database


async def test_an_empty_database_gets_everything_once(empty_database: str) -> None:
    said: list[str] = []
    assert await state(empty_database) is SchemaState.EMPTY
    assert await migrate(empty_database, said.append)
    assert await state(empty_database) is SchemaState.CURRENT
    assert await value(empty_database, "SELECT version_num FROM bot.alembic_version") == revisions()[0]
    async with connected(empty_database) as conn:
        assert await list_differences(conn) == []
    before = await value(empty_database, PUBLIC)
    assert await migrate(empty_database, said.append)
    assert await value(empty_database, PUBLIC) == before
    assert len(said) == 2
    assert "created" in said[0]
    assert "up to date" in said[1]


async def test_three_processes_at_once(empty_database: str) -> None:
    command_line = (sys.executable, "-c", MIGRATING_PROCESS, empty_database)
    processes = [
        await asyncio.create_subprocess_exec(*command_line, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=ROOT)
        for _ in range(3)
    ]
    outputs = await asyncio.gather(*(process.communicate(b"go") for process in processes))
    assert [process.returncode for process in processes] == [0, 0, 0], outputs
    assert sorted(b"created" in told for told, _ in outputs) == [False, False, True]
    assert await state(empty_database) is SchemaState.CURRENT


@pytest.mark.parametrize("form", ["postgresql+asyncpg://", "postgres://"])
async def test_takes_the_address_as_pasted(empty_database: str, form: str) -> None:
    pasted = empty_database.replace("postgresql://", form) + "&sslmode=disable&channel_binding=disable"
    assert await migrate(pasted, lambda _line: None)
    assert await state(empty_database) is SchemaState.CURRENT


async def test_adoption_adds_only_our_schema(adopted: str) -> None:
    said: list[str] = []
    before = await value(adopted, PUBLIC)
    assert await state(adopted) is SchemaState.ADOPTABLE
    assert await migrate(adopted, said.append)
    assert await state(adopted) is SchemaState.CURRENT
    assert await value(adopted, PUBLIC) == before
    assert "schema bot was added" in said[0]
    assert sum("CREATE INDEX" in line for line in said) > 5
    assert await migrate(adopted, said.append)
    assert await value(adopted, PUBLIC) == before


async def test_differences_are_told_and_nothing_changes(adopted: str) -> None:
    await run(
        adopted, "ALTER TABLE users ADD age int NOT NULL DEFAULT 1; ALTER TABLE users ALTER age DROP DEFAULT"
    )
    await run(adopted, "ALTER TABLE purchases ALTER days TYPE text; ALTER TABLE users ADD note text")
    before = await value(adopted, PUBLIC)
    said: list[str] = []
    assert not await migrate(adopted, said.append)
    assert [line.strip() for line in said[1:]] == [
        "users.age: expected no such column, found integer, NOT NULL without a default",
        'ALTER TABLE public.users ALTER COLUMN "age" DROP NOT NULL;',
        "purchases.days: expected integer, found text",
        "ALTER TABLE public.purchases ALTER COLUMN days TYPE integer;",
        "Not as in the contract, but no obstacle:",
        "users.note: expected no such column, found text",
    ]
    assert await value(adopted, PUBLIC) == before
    assert await value(adopted, "SELECT to_regnamespace('bot')") is None


async def test_a_part_of_the_shared_tables_is_no_empty_database(empty_database: str) -> None:
    await run(empty_database, "CREATE TABLE users (id int)")
    said: list[str] = []
    assert not await migrate(empty_database, said.append)
    assert any("devices: expected a table, found none" in line for line in said)
    assert await value(empty_database, "SELECT to_regnamespace('bot')") is None


EF_CORE = """
CREATE TABLE "Users" ("Id" bigint generated by default as identity primary key, "Email" text not null, "Name" text);
CREATE TABLE "Purchases" ("Id" bigint generated by default as identity primary key, "UserId" bigint references "Users");
CREATE TABLE "__EFMigrationsHistory" ("MigrationId" varchar(150) primary key, "ProductVersion" varchar(32) not null);
CREATE SCHEMA site; CREATE TABLE site.user_module_access (id int); CREATE TABLE site.auth_identity (id int);
"""


async def test_a_database_with_other_tables_is_not_empty(empty_database: str) -> None:
    await run(empty_database, EF_CORE)
    said: list[str] = []
    assert await state(empty_database) is SchemaState.OCCUPIED
    assert not await migrate(empty_database, said.append)
    assert await value(empty_database, "SELECT to_regnamespace('bot')") is None
    assert "holds 5 other tables" in said[0]
    assert [line.strip() for line in said[1:6]] == [
        'public."Purchases" (near our purchases)',
        'public."Users" (near our users)',
        'public."__EFMigrationsHistory"',
        "site.auth_identity (near our authidentities)",
        "site.user_module_access (near our usermoduleaccess)",
    ]
    assert "migrate --create" in said[-1]


async def test_tables_of_others_stay_beside_ours_if_that_is_meant(empty_database: str) -> None:
    await run(empty_database, EF_CORE + "CREATE SCHEMA bot")
    assert await migrate(empty_database, lambda _line: None, create=True)
    assert await state(empty_database) is SchemaState.CURRENT


async def test_a_later_difference_stops_later_migrations(dsn: str) -> None:
    await run(dsn, "ALTER TABLE users ALTER email DROP NOT NULL")
    said: list[str] = []
    assert not await migrate(dsn, said.append)
    assert "users.email: expected NOT NULL" in said[1]


async def test_newer_code_was_here(dsn: str) -> None:
    await run(dsn, "UPDATE bot.alembic_version SET version_num = '9999'")
    said: list[str] = []
    assert await state(dsn) is SchemaState.AHEAD
    assert not await migrate(dsn, said.append)
    assert "newer version" in said[0]


async def test_older_code_was_here(empty_database: str) -> None:
    await alembic(empty_database, lambda config: command.upgrade(config, "0001"))
    assert await state(empty_database) is SchemaState.BEHIND
    assert await migrate(empty_database, lambda _line: None)
    assert await state(empty_database) is SchemaState.CURRENT


async def test_a_role_without_rights_is_told(adopted: str) -> None:
    role = "guest_" + adopted.partition("?")[0].rpartition("/")[2]
    await run(adopted, f"CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    said: list[str] = []
    try:
        assert not await migrate(adopted.replace("app@", f"{role}@"), said.append)
    finally:
        await run(adopted, f"DROP OWNED BY {role}; DROP ROLE {role}")
    database = adopted.partition("?")[0].rpartition("/")[2]
    assert f"    GRANT CREATE ON DATABASE {database} TO {role};" in said
    assert f"    GRANT REFERENCES ON public.users TO {role};" in said


async def alembic(dsn: str, action: Callable[[Config], object]) -> None:
    """One of alembic's commands, on a connection of its own."""

    def act(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        action(config)

    engine = create_async_engine(asyncpg_url(dsn), poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(act)
    await engine.dispose()


async def test_every_revision_goes_up_down_and_up(empty_database: str) -> None:
    for revision in reversed(revisions()):
        up = partial(command.upgrade, revision=revision)
        for step in (up, partial(command.downgrade, revision="-1"), up):
            await alembic(empty_database, step)
    await alembic(empty_database, lambda config: command.downgrade(config, "base"))
    assert await state(empty_database) is SchemaState.EMPTY


INDEXES = {
    "ix_users_phone": "users (phone)",
    "ix_users_name_words": "users using gin (to_tsvector('simple'::regconfig, name))",
    "ix_purchases_purchased_at": "purchases (purchased_at)",
    "ix_usermoduleaccess_ends_at": "usermoduleaccess (ends_at)",
}
COUNT_INDEXES = "select count(*) from pg_indexes where schemaname = 'public' and indexname in ('{}')".format(
    "', '".join(INDEXES)
)


async def test_going_back_drops_our_indexes_and_leaves_the_owners(adopted: str, dsn: str) -> None:
    """As their owner has made them, after we have printed them."""
    assert await migrate(adopted, lambda _line: None)
    for name, definition in INDEXES.items():
        await run(adopted, f"create index if not exists {name} on {definition}")
    for database, left in ((adopted, 4), (dsn, 0)):
        assert await value(database, COUNT_INDEXES) == 4
        await alembic(database, lambda config: command.downgrade(config, "0018"))
        assert await value(database, COUNT_INDEXES) == left


async def test_models_match_migrations(dsn: str) -> None:
    await alembic(dsn, command.check)


# What alembic's comparison does not see: the text of checks and of partial indexes, delete actions.
DEFINITIONS = """
SELECT n.nspname || '.' || t.relname || ': ' || definition FROM (
  SELECT conrelid, pg_get_constraintdef(oid) || ' AS ' || conname FROM pg_constraint
  UNION ALL SELECT indrelid, pg_get_indexdef(indexrelid) FROM pg_index
) AS all_of_them (relation, definition)
JOIN pg_class t ON t.oid = relation JOIN pg_namespace n ON n.oid = relnamespace
WHERE n.nspname = 'bot' AND t.relname = ANY($1)
   OR n.nspname = 'public' AND definition NOT LIKE 'CREATE INDEX%'
ORDER BY 1
"""


async def definitions(dsn: str) -> list[str]:
    tables = [table.name for table in Base.metadata.tables.values() if table.schema == "bot"]
    async with connected(dsn) as conn:
        return [row[0] for row in await conn.fetch(DEFINITIONS, tables)]


async def test_constraints_of_models_match_migrations(dsn: str, empty_database: str) -> None:
    def create(connection: Connection) -> None:
        connection.execute(CreateSchema("bot"))
        Base.metadata.create_all(connection)

    engine = create_async_engine(asyncpg_url(empty_database), poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(create)
    await engine.dispose()
    assert await definitions(dsn) == await definitions(empty_database)
