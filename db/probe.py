"""Tries an address as the bot will use it, before anything is called ready: same pool, same kinds of statements.

A pooler in transaction mode looks like a server until the second transaction, so it is asked for, not waited for.
"""

import asyncio

import asyncpg
from sqlalchemy import exc, text

from db.dsn import asyncpg_arguments, parse_dsn
from db.engine import Database, Pool, is_refusal, sqlstate

TIMEOUT = 30.0  # seconds for all of it
FAILURES = (OSError, TimeoutError, exc.SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError)

THROUGH_POOLER = "the address leads through a pooler that gives each transaction another connection"
DECLARE = (
    "add pgbouncer=true to DATABASE_URL (…/name?pgbouncer=true), and set DATABASE_DIRECT_URL to the address around "
    "the pooler"
)
GO_AROUND = "set DATABASE_DIRECT_URL to an address around the pooler"
MIGRATE = "run: python main.py migrate"

# By the beginning of SQLSTATE.
REMEDIES = {
    "28": "check user and password in the address",
    "3D": "create that database, or correct its name in the address",
    "57P04": "create that database, or correct its name in the address",
    "53": "raise the limits of the server (max_connections, memory, disk), or free some",
    "26": DECLARE,
    "42P05": DECLARE,
    "3F": MIGRATE,
    "42P01": MIGRATE,
    "42703": MIGRATE,
    "42501": f"{MIGRATE}, which prints the GRANTs",
}


class UnusableError(Exception):
    """The bot can't work over this address. One line: `reason`, and what to do (`remedy`)."""

    def __init__(self, name: str, reason: str, remedy: str) -> None:
        super().__init__(f"{name}: {reason} → {remedy}")
        self.name, self.reason, self.remedy = name, reason, remedy


async def probe(dsn: str, direct: str, names: tuple[str, str]) -> None:
    """`direct`: where the worker listens. `names`: how both are called to a person. Raises UnusableError."""
    await check_poolers(dsn, direct, names)
    await check_usable(dsn, names[0])


async def check_usable(dsn: str, name: str) -> None:
    """By the bot's own pools and statements, in a migrated database. Raises UnusableError."""
    try:
        async with asyncio.timeout(TIMEOUT):
            await _use(dsn)
    except FAILURES as error:
        raise UnusableError(name, reason_of(error), remedy_for(error)) from error


async def check_poolers(dsn: str, direct: str, names: tuple[str, str]) -> None:
    """Whether a pooler stands where none was declared; no schema is needed. Raises UnusableError."""
    addresses = [(names[0], dsn, DECLARE)] + ([(names[1], direct, GO_AROUND)] if direct != dsn else [])
    for name, address, remedy in addresses:
        try:
            async with asyncio.timeout(TIMEOUT):
                if not parse_dsn(address).pooled and await _changes_connections(address):
                    raise UnusableError(name, THROUGH_POOLER, remedy)
        except FAILURES as error:
            raise UnusableError(name, reason_of(error), remedy_for(error)) from error


async def _use(dsn: str) -> None:
    database = Database(dsn, sizes=dict.fromkeys(Pool, 2))
    try:
        for pool in (Pool.TALK, Pool.MONEY, Pool.TALK, Pool.MONEY):
            async with database.transaction(pool) as session:
                await session.execute(text("set local lock_timeout = '10s'"))
                for _ in range(2):
                    await session.execute(text("select 1 from bot.chats where telegram_id = :id"), {"id": 0})
    finally:
        await database.close()


async def _changes_connections(dsn: str) -> bool:
    """Whether two transactions of one connection can meet two connections of the server.

    A pooler gives clients a cancel key of its own, so that the server's process is another one than it says.
    """
    arguments = asyncpg_arguments(dsn) | {"statement_cache_size": 0}
    first = await asyncpg.connect(**arguments)
    try:
        async with first.transaction():
            process = await _process(first)
        if process == first.get_server_pid():
            return False
        second = await asyncpg.connect(**arguments)
        try:
            async with second.transaction():
                if await _process(second) == process:
                    return True
                async with first.transaction():
                    return await _process(first) != process
        finally:
            await second.close()
    finally:
        await first.close()


async def _process(connection: asyncpg.Connection) -> int:
    return int(await connection.fetchval("select pg_backend_pid()"))


def reason_of(error: BaseException) -> str:
    """What the database or the system said, on one line; without statement and values."""
    original = getattr(error, "orig", None) or error
    said = str(getattr(original, "__cause__", None) or original).strip()
    return " ".join(said.split("\n")[0].split()) or "no answer in time"


def remedy_for(error: BaseException) -> str:
    """What a person can do about it."""
    state = sqlstate(error) or ""
    for beginning, remedy in REMEDIES.items():
        if state.startswith(beginning):
            return remedy
    if is_refusal(error):  # in a pooler's own words
        return (
            DECLARE if "startup parameter" in str(error) else REMEDIES["28"] + ", and the pooler's own list"
        )
    return "check that the server runs and that host and port are right"
