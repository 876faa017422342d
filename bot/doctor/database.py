"""The database: reachable, migrated, and its shared tables as the contract demands."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from bot.database import NAMES
from bot.doctor import lessons, shop
from bot.doctor.finding import Area, Finding, Severity
from bot.settings import Settings
from db.catalogue.exporting import export_catalogue
from db.dsn import DsnError, asyncpg_arguments, parse_dsn
from db.engine import Database, Pool
from db.postgres.binaries import NoBinariesError
from db.postgres.server import ServerError
from db.probe import UnusableError, check_poolers, probe, remedy_for
from db.schema.contract import list_differences
from db.schema.indexes import wanted_indexes
from db.schema.migrate import SchemaState, get_schema_state, revisions
from db.schema.trial import list_obstacles

OpenDatabase = Callable[[Settings], AbstractAsyncContextManager[tuple[str, str]]]

TIMEOUT = 10.0  # seconds
AREA = Area("database")
UNAVAILABLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


async def check(settings: Settings, open_database: OpenDatabase) -> AsyncIterator[Finding]:
    try:
        async with open_database(settings) as (dsn, direct):
            yield AREA.ok("external, by DATABASE_URL" if settings.database_url else "embedded: it starts")
            usable = True
            async for finding in _check_reachable(settings, dsn, direct):
                usable = usable and finding.severity is not Severity.PROBLEM
                yield finding
            if usable:
                async for finding in _check_contents(settings, dsn):
                    yield finding
    except (ServerError, NoBinariesError, OSError) as error:
        yield AREA.problem(
            f"the embedded PostgreSQL does not start: {error}", "see DATA_DIR, or set DATABASE_URL"
        )


async def _check_contents(settings: Settings, dsn: str) -> AsyncIterator[Finding]:
    database = Database(dsn, sizes=dict.fromkeys(Pool, 1))
    try:
        async with database.transaction(Pool.JOBS) as session:
            catalogue = await export_catalogue(session)
    except (*UNAVAILABLE, SQLAlchemyError):
        return  # told by the checks before
    finally:
        await database.close()
    for found in shop.check(settings, catalogue):
        yield found
    async for finding in lessons.check(settings, catalogue):
        yield finding


async def _check_reachable(settings: Settings, dsn: str, direct: str) -> AsyncIterator[Finding]:
    ways = {"DATABASE_URL": dsn} if dsn == direct else {"DATABASE_URL": dsn, "DATABASE_DIRECT_URL": direct}
    reached = True
    for name, address in ways.items():
        finding = await _connection_problem(name if settings.database_url else "embedded", address)
        reached = reached and finding is None
        if finding is not None:
            yield finding
    if not reached:
        return
    if dsn == direct and parse_dsn(dsn).pooled:
        yield AREA.advice(
            "DATABASE_URL leads through a pooler, where nobody can listen for jobs: they start up to a second late",
            "set DATABASE_DIRECT_URL to an address around it",
        )
    if settings.database_url and (undeclared := await _undeclared_pooler(dsn, direct)) is not None:
        yield undeclared
        return
    agreed = True
    async for finding in _check_schema(settings, direct):
        agreed = agreed and finding.severity is not Severity.PROBLEM
        yield finding
    if agreed and settings.database_url:
        async for finding in _check_own_way(dsn, direct):
            yield finding


async def _undeclared_pooler(dsn: str, direct: str) -> Finding | None:
    """Before anything else is asked: behind one, questions fail in ways that say nothing of it."""
    try:
        await check_poolers(dsn, direct, NAMES)
    except UnusableError as error:
        return AREA.problem(f"{error.name}: {error.reason}", error.remedy)
    return None


async def _check_own_way(dsn: str, direct: str) -> AsyncIterator[Finding]:
    """Over the connections that the bot itself uses: its pool, its statements."""
    usable = True
    async for finding in _check_trial(dsn):
        usable = usable and finding.severity is not Severity.PROBLEM
        yield finding
    if not usable:
        return
    try:
        await probe(dsn, direct, NAMES)
    except UnusableError as error:
        yield AREA.problem(f"{error.name}: {error.reason}", error.remedy)


async def _check_trial(dsn: str) -> AsyncIterator[Finding]:
    """What the bot will do, tried as the bot does it."""
    found = await list_obstacles(dsn)
    for obstacle in found:
        told = AREA.problem if obstacle.breaks else AREA.advice
        yield told(obstacle.text, " ".join(obstacle.mend) or "settle it with the database's owner")
    if not any(obstacle.breaks for obstacle in found):
        yield AREA.ok("what the bot will do was tried and undone")


async def _connection_problem(name: str, dsn: str) -> Finding | None:
    """None if a connection could be made."""
    try:
        connection = await asyncpg.connect(**asyncpg_arguments(dsn), timeout=TIMEOUT)
    except DsnError as error:
        return AREA.problem(f"{name}: {error}", "correct the address")
    except UNAVAILABLE as error:
        return AREA.problem(f"{name}: not reached: {_reason(error)}", remedy_for(error))
    await connection.close()
    return None


def _reason(error: Exception) -> str:
    return str(error) or f"no answer within {TIMEOUT:.0f} s"


async def _check_schema(settings: Settings, dsn: str) -> AsyncIterator[Finding]:
    connection = await asyncpg.connect(**asyncpg_arguments(dsn), timeout=TIMEOUT)
    try:
        state = await get_schema_state(connection)
        version = str(connection.get_server_version().major)
        yield _schema_finding(state, version, embedded=settings.database_url is None)
        if state in (SchemaState.EMPTY, SchemaState.OCCUPIED):
            return
        async for finding in _check_contract(connection):
            yield finding
        for statement in await wanted_indexes(connection):
            yield AREA.advice(
                "an index that would help is missing", f"if the tables' owner agrees: {statement}"
            )
    finally:
        await connection.close()


def _schema_finding(state: SchemaState, version: str, *, embedded: bool) -> Finding:
    text = f"PostgreSQL {version}, schema {state} (this code's revision: {revisions()[0]})"
    match state:
        case SchemaState.CURRENT:
            return AREA.ok(text)
        case SchemaState.OCCUPIED:
            return AREA.problem(text, "run: python main.py migrate, which says what is there")
        case SchemaState.AHEAD:
            return AREA.problem(text, "newer code has migrated it: update the program")
        case _ if embedded:
            return AREA.ok(f"{text}; `python main.py run` brings it up to date")
        case _:
            return AREA.problem(text, "run: python main.py migrate")


async def _check_contract(connection: asyncpg.Connection) -> AsyncIterator[Finding]:
    found = await list_differences(connection)
    for difference in found:
        told = AREA.problem if difference.breaks else AREA.advice
        mend = f": {difference.mend}" if difference.mend and difference.breaks else ""
        harm = "must be as agreed" if difference.breaks else "need not be: the bot works all the same"
        yield told(str(difference), f"the shared tables {harm}{mend}")
    if not any(difference.breaks for difference in found):
        yield AREA.ok("the shared tables are as agreed")
