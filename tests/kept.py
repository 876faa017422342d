"""Databases that tests use one after another: put back to what their template holds, over connections that stay.

A new database for each test, with a dozen new connections that plan every statement anew and an engine that compiles it
anew, was half of what a test of the chat cost.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from sqlalchemy import event

from db.engine import Database
from tests.database import Databases

# Dead rows add up, and what is read without an order comes in another one where their room is used again.
USES = 100
TABLES = """
    select format('%I.%I', nspname, relname) from pg_class c join pg_namespace n on n.oid = relnamespace
    where relkind = 'r' and nspname in ('public', 'bot') order by 1
"""
COLUMNS = """
    select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
    where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = ''
"""
SEQUENCES = """
    select format('%I.%I', schemaname, sequencename) as name, coalesce(last_value, start_value) as value,
        last_value is not null as used
    from pg_sequences where schemaname in ('public', 'bot') order by 1
"""
# Who changes the schema, or fills a table, has the database to itself: it is not used again.
CHANGES = """
    create table kept.changes (tag text);
    create function kept.note() returns event_trigger language plpgsql security definer as
        $$ begin insert into kept.changes values (tg_tag); end $$;
    create event trigger kept_note on ddl_command_end execute function kept.note();
"""
CHANGED = """
    exists (select from kept.changes)
    or exists (select from pg_class where relkind = 'r' and pg_relation_size(oid) > 1000000
        and relnamespace in ('public'::regnamespace, 'bot'::regnamespace))
    or exists (select from pg_db_role_setting s join pg_database d on d.oid = setdatabase
        where datname = current_database())
"""
# Nobody of the last test is at work any more.
END_OTHERS = """
    select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and pid <> all ($1)
        and backend_type = 'client backend'
"""


async def make_resettable(connection: asyncpg.Connection) -> None:
    """Remembers what the database holds: `kept.put_back()` restores it, or is false where that can't be done."""
    await connection.execute("create schema kept")
    steps = [
        await _step(connection, f"kept.t{number}", str(table))
        for number, (table,) in enumerate(await connection.fetch(TABLES))
    ]
    for name, value, used in await connection.fetch(SEQUENCES):
        steps.append(f"perform setval('{name}', {value}, {str(used).lower()});")
    body = f"begin if {CHANGED} then return false; end if; {' '.join(steps)} return true; end"
    await connection.execute(f"create function kept.put_back() returns bool language plpgsql as $${body}$$")
    await connection.execute(CHANGES)


async def _step(connection: asyncpg.Connection, kept: str, table: str) -> str:
    """Rows that a test left as they were stay where they are. As text: json has no equality."""
    if not await connection.fetchval(f"select exists (select from {table})"):
        return f"delete from {table};"
    await connection.execute(f"create table {kept} as table {table}")
    columns = await connection.fetchval(COLUMNS, table)
    return (
        f"delete from {table} t where not exists (select from {kept} k where k::text = t::text);"
        f"insert into {table} ({columns}) overriding system value select {columns} from {kept} k"
        f" where not exists (select from {table} t where t::text = k::text);"
    )


class KeptDatabase(Database):
    """Closing it closes nothing: the next test goes on with its connections, unless one of them was lost."""

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn)
        self._drivers: list[asyncpg.Connection] = []
        for engine in self._engines.values():
            event.listen(engine.sync_engine, "connect", self._remember)

    def _remember(self, connection: object, _record: object) -> None:
        self._drivers.append(connection.driver_connection)  # type: ignore[attr-defined]

    async def close(self) -> None: ...

    async def rest(self) -> list[int]:
        """The server's processes that go on serving it."""
        in_use = any(engine.pool.checkedout() for engine in self._engines.values())  # type: ignore[attr-defined]
        if in_use or any(driver.is_closed() for driver in self._drivers):
            await self.end()
        return [driver.get_server_pid() for driver in self._drivers]

    async def end(self) -> None:
        await super().close()
        self._drivers.clear()


@dataclass(frozen=True)
class Lent:
    """What a test has of a database: its address, the application's connections, one of its own."""

    dsn: str
    database: KeptDatabase
    connection: asyncpg.Connection

    async def end(self) -> None:
        await self.database.end()
        await self.connection.close()


@asynccontextmanager
async def borrowed(dsn: str) -> AsyncIterator[Lent]:
    """Of a database that is somebody else's to put back."""
    lent = Lent(dsn, KeptDatabase(dsn), await asyncpg.connect(dsn))
    try:
        yield lent
    finally:
        await lent.end()


class Kept:
    """A database like `template`, lent to one test at a time."""

    def __init__(self, databases: Databases, template: str) -> None:
        self._databases = databases
        self._template = template
        self._resettable = f"{template}_kept"
        self._prepared = False
        self._lent: Lent | None = None
        self._uses = 0

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Lent]:
        lent = self._lent or await self._make()
        self._lent, uses = None, self._uses + 1
        try:
            yield lent
        finally:
            if await put_back(lent) and uses < USES:
                self._lent, self._uses = lent, uses
            else:
                await self._drop(lent)

    async def end(self) -> None:
        if self._lent is not None:
            await self._drop(self._lent)

    async def _make(self) -> Lent:
        if not self._prepared:
            async with self._databases.clone(self._template) as dsn:
                connection = await asyncpg.connect(dsn)
                await make_resettable(connection)
                await connection.close()
                await self._databases.keep(dsn, self._resettable)
            self._prepared = True
        dsn, self._uses = await self._databases.make(self._resettable), 0
        return Lent(dsn, KeptDatabase(dsn), await asyncpg.connect(dsn))

    async def _drop(self, lent: Lent) -> None:
        await lent.end()
        await self._databases.drop(lent.dsn)


async def put_back(lent: Lent) -> bool:
    """False where the test has done to it what can't be undone."""
    if lent.connection.is_closed():
        return False
    await lent.connection.reset()
    try:
        await lent.connection.execute(END_OTHERS, await lent.database.rest())
        await lent.connection.execute("set session_replication_role = replica; set lock_timeout = '10s'")
        done: bool = await lent.connection.fetchval("select kept.put_back()")
        await lent.connection.execute("reset all")
    except asyncpg.PostgresError:
        return False
    return done
