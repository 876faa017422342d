"""Brings a database to the schema of this code: everything into an empty one, only `bot` into an adopted one.

Everything happens in one transaction under an advisory lock: several processes may try at once, and whatever
goes wrong leaves the database as it was.
"""

import functools
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, pool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from db.dsn import asyncpg_arguments, asyncpg_url
from db.schema.contract import list_differences, load_contract
from db.schema.indexes import wanted_indexes

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
SEED = "0001"
LOCK = 0x1E550  # the advisory lock of whoever migrates, `alembic …` by hand too
# Foreign keys into live tables lock them: rather give up than make the other application queue behind us.
LOCK_TIMEOUT = "10s"

LOCK_NOT_AVAILABLE = "55P03"
INSUFFICIENT_PRIVILEGE = "42501"


class SchemaState(StrEnum):
    """What a database holds, seen from this code.

    EMPTY: none of our tables. ADOPTABLE: shared tables of the other application, no schema of ours yet.
    BEHIND, CURRENT, AHEAD: migrated by older, this, newer code.
    """

    EMPTY = "empty"
    ADOPTABLE = "adoptable"
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"


@functools.cache
def revisions() -> tuple[str, ...]:
    """All revisions this code knows, newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions())


def alembic_config() -> Config:
    """For alembic's commands; `attributes["connection"]` is the connection to migrate on."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


async def get_schema_state(conn: asyncpg.Connection) -> SchemaState:
    """Reads only; two statements."""
    if await conn.fetchval("SELECT to_regclass('bot.alembic_version')") is not None:
        version = await conn.fetchval("SELECT version_num FROM bot.alembic_version")
        if version is not None:
            return _state_of(version)
    shared = await conn.fetchval(
        "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('public') AND relname = ANY($1)",
        list(load_contract()),
    )
    return SchemaState.ADOPTABLE if shared else SchemaState.EMPTY


def _state_of(version: str) -> SchemaState:
    if version == revisions()[0]:
        return SchemaState.CURRENT
    return SchemaState.BEHIND if version in revisions() else SchemaState.AHEAD


async def migrate(dsn: str, say: Callable[[str], None]) -> bool:
    """Migrates; True when the database is fit for this code afterwards. `say` gets what a person should read.

    False, with nothing changed: the shared tables differ from the contract, or newer code was here, or the
    database does not let us. Raises what the driver raises when it cannot be reached.
    """
    engine = create_async_engine(asyncpg_url(dsn), poolclass=pool.NullPool)
    try:
        async with engine.begin() as connection:
            # First through SQLAlchemy: its BEGIN is lazy, and the reading below goes past it.
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            return await _migrate(connection, say)
    except DBAPIError as error:
        if (reason := _refusal(error)) is None:
            raise
        say(reason)
        return False
    finally:
        await engine.dispose()


async def _migrate(connection: AsyncConnection, say: Callable[[str], None]) -> bool:
    driver = await _driver(connection)
    state = await get_schema_state(driver)
    if state is SchemaState.AHEAD:
        say(
            "The database was migrated by a newer version of this program: update the program. Nothing was changed."
        )
        return False
    if state is not SchemaState.EMPTY and not await _as_agreed(driver, say):
        return False
    if state is not SchemaState.CURRENT:
        await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        await connection.run_sync(_upgrade, adopt=state is SchemaState.ADOPTABLE)
    say(_outcome(state))
    if missing := await wanted_indexes(driver):
        say("These indexes on the shared tables would help; run them, one by one, if their owner agrees:")
        for statement in missing:
            say(f"  {statement}")
    return True


async def _as_agreed(driver: asyncpg.Connection, say: Callable[[str], None]) -> bool:
    found = await list_differences(driver)
    if found:
        say(f"The shared tables differ from the contract in {len(found)} places. Nothing was changed.")
    for difference in found:
        say(f"  {difference}")
    return not found


def _upgrade(connection: Connection, *, adopt: bool) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    if adopt:
        command.stamp(config, SEED)
    command.upgrade(config, "head")


def _outcome(state: SchemaState) -> str:
    match state:
        case SchemaState.EMPTY:
            return f"The database was empty: all tables were created (revision {revisions()[0]})."
        case SchemaState.ADOPTABLE:
            return f"The shared tables are as agreed: schema bot was added (revision {revisions()[0]})."
        case SchemaState.BEHIND:
            return f"The database was brought up to date (revision {revisions()[0]})."
        case _:
            return f"The database is up to date (revision {revisions()[0]})."


def _refusal(error: DBAPIError) -> str | None:
    """What a person can do something about; None for everything else."""
    state = getattr(error.orig, "sqlstate", None)
    if state == LOCK_NOT_AVAILABLE:
        return f"A table was in use for more than {LOCK_TIMEOUT}: try again later. Nothing was changed."
    if state == INSUFFICIENT_PRIVILEGE:
        return f"The database does not allow it: {error.orig}. Nothing was changed."
    return None


async def _driver(connection: AsyncConnection) -> asyncpg.Connection:
    """The asyncpg connection below; its statements belong to the transaction that is open."""
    return (await connection.get_raw_connection()).driver_connection


async def state_of(dsn: str) -> SchemaState:
    """Of the database at this address. Raises what the driver raises where it can't be reached."""
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    try:
        return await get_schema_state(connection)
    finally:
        await connection.close()
