"""Connections to the books, in two lanes: payment updates and callbacks never wait behind a burst of talk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import QueuePool, exc, text
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from db.dsn import asyncpg_url, parse_dsn

# SQLSTATE classes that say "the database is not there now": connection, resources, operator intervention.
AWAY = ("08", "53", "57P", "58")
# Serialization failure and deadlock: the same transaction may succeed when run again.
AGAIN = {"40001", "40P01"}


class Lane(StrEnum):
    TALK = "talk"
    MONEY = "money"
    JOBS = "jobs"


class Books:
    """`sizes` are connections per lane; a pool never grows beyond them."""

    def __init__(self, dsn: str, *, sizes: dict[Lane, int] | None = None) -> None:
        sizes = sizes or {Lane.TALK: 10, Lane.MONEY: 4, Lane.JOBS: 6}
        self.talkers = sizes[Lane.TALK]
        self._pooled = parse_dsn(dsn).pooled
        self._engines = {lane: _engine(dsn, size) for lane, size in sizes.items()}
        self._sessions = {
            lane: async_sessionmaker(engine, expire_on_commit=False) for lane, engine in self._engines.items()
        }

    @asynccontextmanager
    async def transaction(self, lane: Lane) -> AsyncIterator[AsyncSession]:
        """Returning commits, raising rolls back."""
        async with self._sessions[lane]() as session, session.begin():
            yield session

    @asynccontextmanager
    async def alone(self, lane: Lane) -> AsyncIterator[AsyncConnection]:
        """For one statement, whole in itself: without BEGIN and COMMIT, which saves two journeys to the database.

        Behind a pooler it is in a transaction all the same: preparing and running it are two messages there.
        """
        async with self._engines[lane].connect() as connection:
            if not self._pooled:
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")
                return
            async with connection.begin():
                yield connection

    def connections(self, lane: Lane) -> tuple[int, int]:
        """How many are in use, and how many there may be."""
        pool = self._engines[lane].pool
        assert isinstance(pool, QueuePool)
        return pool.checkedout(), pool.size()

    async def usable(self) -> None:
        """Raises what the database answers when it is not usable."""
        async with self.transaction(Lane.MONEY) as session:
            await session.execute(text("select 1 from bot.chats limit 1"))

    async def close(self) -> None:
        for engine in self._engines.values():
            await engine.dispose()


def _engine(dsn: str, size: int) -> AsyncEngine:
    return create_async_engine(
        asyncpg_url(dsn),
        pool_size=size,
        max_overflow=0,
        pool_timeout=30,
        pool_recycle=1800,
        connect_args=_behind_pooler() if parse_dsn(dsn).pooled else DIRECT,
    )


DIRECT = {
    "timeout": 10,
    "server_settings": {"jit": "off", "timezone": "UTC", "application_name": "lessongate"},
}


def _behind_pooler() -> dict[str, Any]:
    """A pooler in transaction mode gives each transaction another connection: prepared statements are not kept
    (facts F), and it may refuse start-up settings, so days are added in whatever zone the database is set to."""
    return {
        "timeout": 10,
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__",
    }


def sqlstate(error: BaseException) -> str | None:
    original = getattr(error, "orig", error)
    state = getattr(original, "sqlstate", None)
    return state if isinstance(state, str) else None


def is_away(error: BaseException) -> bool:
    """Whether the database was out of reach, so that nothing is known to be wrong with what was asked."""
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, (OSError, exc.TimeoutError)):
        return True
    if isinstance(error, RuntimeError) and "handler is closed" in str(error):
        return True  # uvloop, of a connection that was lost a moment ago
    state = sqlstate(error)
    if state is not None:
        return state.startswith(AWAY)
    if isinstance(error, exc.InterfaceError) and error.orig is not None:
        # asyncpg's DataError is one too: a value no column takes, however often it is tried.
        return not isinstance(error.orig.__cause__, ValueError)
    return False


def is_again(error: BaseException) -> bool:
    return sqlstate(error) in AGAIN
