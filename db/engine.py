"""Connections to the database, in named pools: payment updates and callbacks never wait for chat updates."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import Connection, QueuePool, event, exc, text
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from db.direct import DirectSession
from db.dsn import asyncpg_url, connect_args, parse_dsn
from db.identities import find_taken_id, skip_taken_ids
from db.sql import only_reads
from db.timestamps import set_codec

# SQLSTATEs, or how they begin, that say "the database is not there now": connection, resources, operator
# intervention, system; a server that only reads is one that another has taken over from.
UNAVAILABLE_SQLSTATES = ("08", "53", "57P", "58", "25006")
# That a person must mend: who and which database (28, 3D, 57P04: dropped), schema, rights, tables and columns;
# prepared statements that are missing or there already (26, 42P05), as behind a pooler.
REFUSED_SQLSTATES = ("28", "3D", "3F", "26", "42501", "42P01", "42703", "42P05", "42883", "57P04")
# PgBouncer gives most of its refusals this one code, its outages too; only the words tell them apart.
PROTOCOL_VIOLATION = "08P01"
POOLER_REFUSALS = (
    "unsupported startup parameter",
    "no such database",
    "no such user",
    "authentication failed",
    "auth failed",
)
# Serialization failure and deadlock: the same transaction may succeed when run again.
RETRYABLE_SQLSTATES = {"40001", "40P01"}


class Pool(StrEnum):
    """TALK: chat updates. MONEY: payment updates and callbacks. JOBS: the worker's."""

    TALK = "talk"
    MONEY = "money"
    JOBS = "jobs"


class Database:
    """`sizes` are connections per pool; a pool never grows beyond them."""

    def __init__(self, dsn: str, *, sizes: dict[Pool, int] | None = None) -> None:
        sizes = sizes or {Pool.TALK: 10, Pool.MONEY: 4, Pool.JOBS: 6}
        self.talk_pool_size = sizes[Pool.TALK]
        self._engines = {pool: _engine(dsn, size) for pool, size in sizes.items()}
        self._sessions = {
            pool: async_sessionmaker(engine, expire_on_commit=False) for pool, engine in self._engines.items()
        }
        # A pooler takes a statement and its arguments for two: behind one, all of it is one transaction.
        talk, pooled = self._engines[Pool.TALK], parse_dsn(dsn).pooled
        self._direct = partial(DirectSession, talk if pooled else _lazy(talk), None if pooled else talk)

    @asynccontextmanager
    async def transaction(self, pool: Pool) -> AsyncIterator[AsyncSession]:
        """Returning commits, raising rolls back. An id that is taken is passed, so that another try succeeds.

        In the talk pool, unless behind a pooler, it begins with the first statement that may write: each statement
        before it sees what is committed by then, as in any transaction of ours, and who only looks something up begins
        and commits nothing.
        """
        try:
            if pool is Pool.TALK:
                async with self._direct() as direct:
                    yield direct
                    await direct.commit()
            else:
                async with self._sessions[pool]() as session, session.begin():
                    yield session
        except exc.IntegrityError as error:
            await self._pass_taken_id(pool, error)
            raise

    @asynccontextmanager
    async def statement(self, pool: Pool) -> AsyncIterator[AsyncConnection]:
        """For one statement, which is a transaction by itself: one way to the database instead of three."""
        engine = self._engines[pool].execution_options(isolation_level="AUTOCOMMIT")
        try:
            async with engine.connect() as connection:
                yield connection
        except exc.IntegrityError as error:
            await self._pass_taken_id(pool, error)
            raise

    async def _pass_taken_id(self, pool: Pool, error: exc.IntegrityError) -> None:
        """So that the next try of the same transaction gets a free id. Where it can't, that try fails as this one."""
        if (taken := find_taken_id(error)) is None:
            return
        with suppress(exc.DBAPIError):
            async with self._engines[pool].connect() as connection:
                await skip_taken_ids(connection, taken)

    def connections(self, pool: Pool) -> tuple[int, int]:
        """How many are in use, and how many there may be."""
        queue_pool = self._engines[pool].pool
        assert isinstance(queue_pool, QueuePool)
        return queue_pool.checkedout(), queue_pool.size()

    async def check_usable(self) -> None:
        """Raises what the database answers when it is not usable."""
        async with self.transaction(Pool.MONEY) as session:
            await session.execute(text("select 1 from bot.chats limit 1"))

    async def close(self) -> None:
        """Closes all connections."""
        for engine in self._engines.values():
            await engine.dispose()


def _engine(dsn: str, size: int) -> AsyncEngine:
    engine = create_async_engine(
        asyncpg_url(dsn),
        hide_parameters=True,  # its errors are logged, and the arguments are people's
        pool_size=size,
        max_overflow=0,
        pool_timeout=30,
        pool_recycle=1800,
        connect_args={"timeout": 10, **(connect_args(dsn) or DIRECT)},
    )
    event.listen(engine.sync_engine, "connect", lambda connection, _record: connection.run_async(set_codec))
    return engine


def _lazy(engine: AsyncEngine) -> AsyncEngine:
    lazy = engine.execution_options(isolation_level="AUTOCOMMIT")
    event.listen(lazy.sync_engine, "before_cursor_execute", _begin_to_write)
    return lazy


def _begin_to_write(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    """asyncpg's BEGIN is sent by SQLAlchemy before the statement. The pool gives the connection back as it was."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    if driver.autocommit and not only_reads(statement):
        connection.dialect.set_isolation_level(driver, "READ COMMITTED")


async def has_begun(session: AsyncSession) -> bool:
    """Whether a transaction is open in which something may have been written."""
    if isinstance(session, DirectSession) and (session.begun or session.has_kept or not session.made):
        return session.begun or session.has_kept
    connection = (await session.connection()).sync_connection
    assert connection is not None
    driver = connection.connection.dbapi_connection
    assert driver is not None
    return not connection.dialect.detect_autocommit_setting(driver)


# A pooler may refuse start-up settings: behind one, days are added in whatever zone the database is set to.
DIRECT = {"server_settings": {"jit": "off", "timezone": "UTC", "application_name": "lessongate"}}


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's error code of five characters, from SQLAlchemy's error or asyncpg's; None for other errors."""
    original = getattr(error, "orig", error)
    state = getattr(original, "sqlstate", None)
    return state if isinstance(state, str) else None


def is_unavailable(error: BaseException) -> bool:
    """Whether the database was out of reach, so that nothing is known to be wrong with what was asked."""
    if is_refusal(error):
        return False
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, (OSError, exc.TimeoutError)):
        return True
    if isinstance(error, RuntimeError) and "handler is closed" in str(error):
        return True  # uvloop, of a connection that was lost a moment ago
    state = sqlstate(error)
    if state is not None:
        return state.startswith(UNAVAILABLE_SQLSTATES)
    if isinstance(error, exc.InterfaceError) and error.orig is not None:
        # asyncpg's DataError is one too: a value no column takes, however often it is tried.
        return not isinstance(error.orig.__cause__, ValueError)
    return False


def is_refusal(error: BaseException) -> bool:
    """Whether the database, or a pooler before it, will answer the same until a person changes something."""
    state = sqlstate(error)
    if state == PROTOCOL_VIOLATION:
        return any(word in str(error) for word in POOLER_REFUSALS)
    return state is not None and state.startswith(REFUSED_SQLSTATES)


def is_retryable(error: BaseException) -> bool:
    """Whether the same transaction may succeed when it is run again."""
    return sqlstate(error) in RETRYABLE_SQLSTATES or find_taken_id(error) is not None
