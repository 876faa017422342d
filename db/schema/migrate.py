"""Brings a database to the schema of this code: everything into an empty one, only `bot` into an adopted one.

Everything happens in one transaction under an advisory lock: several processes may try at once, and whatever
goes wrong leaves the database as it was.
"""

import functools
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, pool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from db.dsn import asyncpg_arguments, asyncpg_url, connect_args
from db.schema.contract import list_differences, load_contract
from db.schema.indexes import wanted_indexes
from db.schema.inspection import OtherTable, list_other_tables
from db.schema.rights import Obstacle, list_missing_owner_rights
from db.schema.trial import list_obstacles

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
SEED = "0001"
LOCK = 0x1E550  # the advisory lock of whoever migrates, `alembic …` by hand too
# Foreign keys into live tables lock them: rather give up than make the other application queue behind us.
LOCK_TIMEOUT = "10s"

MAX_SHOWN = 20  # names of other tables
LOCK_NOT_AVAILABLE = "55P03"
INSUFFICIENT_PRIVILEGE = "42501"


class SchemaState(StrEnum):
    """What a database holds, seen from this code.

    EMPTY: no tables. OCCUPIED: tables, but none of the shared ones. ADOPTABLE: shared tables of the other
    application, no schema of ours yet. BEHIND, CURRENT, AHEAD: migrated by older, this, newer code.
    """

    EMPTY = "empty"
    OCCUPIED = "occupied"
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
    """Reads only; at most four statements."""
    if await conn.fetchval("SELECT to_regclass('bot.alembic_version')") is not None:
        version = await conn.fetchval("SELECT version_num FROM bot.alembic_version")
        if version is not None:
            return _state_of(version)
    shared = await conn.fetchval(
        "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('public') AND relname = ANY($1)",
        list(load_contract()),
    )
    if shared:
        return SchemaState.ADOPTABLE
    return SchemaState.OCCUPIED if await list_other_tables(conn, list(load_contract())) else SchemaState.EMPTY


def _state_of(version: str) -> SchemaState:
    if version == revisions()[0]:
        return SchemaState.CURRENT
    return SchemaState.BEHIND if version in revisions() else SchemaState.AHEAD


async def migrate(
    dsn: str, say: Callable[[str], None], *, bot_dsn: str | None = None, create: bool = False
) -> bool:
    """Migrates; True when the database is fit for this code afterwards. `say` gets what a person should read.

    `bot_dsn`: the address that the bot will use; what it will do is tried there, where it is given. `create`: make
    our tables also beside others. False: the shared tables differ from the contract, or newer code was here, or the
    database does not let us or the bot; nothing was changed, unless it was said. Raises what the driver raises when
    the database cannot be reached.
    """
    engine = create_async_engine(
        asyncpg_url(dsn), connect_args=connect_args(dsn), poolclass=pool.NullPool, hide_parameters=True
    )
    try:
        async with engine.begin() as connection:
            # First through SQLAlchemy: its BEGIN is lazy, and the reading below goes past it.
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            await connection.exec_driver_sql("SET LOCAL search_path = public")  # whatever the role's own is
            if not await _migrate(connection, say, bot_dsn, create=create):
                return False
        return bot_dsn is None or await _usable(bot_dsn, say)
    except DBAPIError as error:
        if (reason := _refusal(error)) is None:
            raise
        say(reason)
        return False
    finally:
        await engine.dispose()


async def _migrate(
    connection: AsyncConnection, say: Callable[[str], None], bot_dsn: str | None, *, create: bool
) -> bool:
    driver = await _driver(connection)
    state = await get_schema_state(driver)
    if state is SchemaState.AHEAD:
        say(
            "The database was migrated by a newer version of this program: update the program. Nothing was changed."
        )
        return False
    if state is SchemaState.OCCUPIED and not create:
        _say_occupied(await list_other_tables(driver, list(load_contract())), say)
        return False
    if state not in (SchemaState.EMPTY, SchemaState.OCCUPIED) and not await _as_agreed(driver, say):
        return False
    if state is SchemaState.ADOPTABLE and not await _may_adopt(driver, bot_dsn, say):
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
    broken = [one for one in found if one.breaks]
    if broken:
        say(f"The shared tables differ from the contract in {len(broken)} places. Nothing was changed.")
    for difference in broken:
        say(f"  {difference}")
        if difference.mend:
            say(f"    {difference.mend}")
    if len(found) > len(broken):
        say("Not as in the contract, but no obstacle:")
    for difference in found:
        if not difference.breaks:
            say(f"  {difference}")
    return not broken


async def _may_adopt(driver: asyncpg.Connection, bot_dsn: str | None, say: Callable[[str], None]) -> bool:
    """Before anything is changed: may this role add schema bot, and can the bot use the shared tables?"""
    found = await list_missing_owner_rights(driver)
    if bot_dsn is not None:
        found += await list_obstacles(bot_dsn)
    return _say_obstacles(found, say, "Nothing was changed.")


async def _usable(bot_dsn: str, say: Callable[[str], None]) -> bool:
    """Afterwards, over the address of the bot: schema bot may be another role's, and the shared tables change."""
    return _say_obstacles(await list_obstacles(bot_dsn), say, "The bot can't run on this database yet.")


def _say_obstacles(found: Sequence[Obstacle], say: Callable[[str], None], outcome: str) -> bool:
    """Whether the bot can work all the same."""
    broken = any(one.breaks for one in found)
    if broken:
        say(
            f"Tried what the bot will do, and undone: not all of it works. {outcome} These statements mend it:"
        )
    for one in found:
        say(f"  {one.text}" if one.breaks else f"  (no obstacle) {one.text}")
        for statement in one.mend:
            say(f"    {statement}")
    return not broken


def _say_occupied(others: Sequence[OtherTable], say: Callable[[str], None]) -> None:
    say(
        f"The database is not empty: it holds {len(others)} other tables and none of ours. Nothing was changed."
    )
    for one in others[:MAX_SHOWN]:
        say(f"  {one.name}" + (f" (near our {one.near})" if one.near else ""))
    if len(others) > MAX_SHOWN:
        say(f"  and {len(others) - MAX_SHOWN} more")
    say("The tables to be shared must be in schema public under the names of db/schema/contract.toml.")
    say("If the bot is to have tables of its own beside these: python main.py migrate --create")


def _upgrade(connection: Connection, *, adopt: bool) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    if adopt:
        command.stamp(config, SEED)
    command.upgrade(config, "head")


def _outcome(state: SchemaState) -> str:
    match state:
        case SchemaState.OCCUPIED:
            return f"All tables were created beside the others (revision {revisions()[0]})."
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
        async with (
            connection.transaction()
        ):  # behind a pooler each statement may meet another server connection
            return await get_schema_state(connection)
    finally:
        await connection.close()
