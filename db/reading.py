"""What only reads, on its short way: straight to asyncpg, over a connection of the same pool.

SQLAlchemy's session is made with the first statement that may write, or that is not written out; what it makes of each
statement, row and transaction costs more than PostgreSQL's own answer to most of what people look at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Dialect, PoolProxiedConnection, TextClause, exc
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from db.sql import only_reads

DIALECT: Dialect = dialect()  # type: ignore[no-untyped-call]
MAX_PREPARED = 200  # statements of one connection


@dataclass(frozen=True, slots=True)
class Written:
    """As PostgreSQL takes it: `arguments` are names in their order, and what makes their values ready."""

    sql: str
    arguments: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        return [ready(given[name]) if ready else given[name] for name, ready in self.arguments]


class ReadingSession(AsyncSession):
    """An AsyncSession of which nothing is there before it is needed. Until then each statement is a transaction by
    itself. `lazy` begins with the first write; `engine`, of the same pool, is None where nothing goes the short way."""

    def __init__(self, lazy: AsyncEngine, engine: AsyncEngine | None) -> None:
        self._lazy, self._engine = lazy, engine
        self._reader: PoolProxiedConnection | None = None

    @property
    def made(self) -> bool:
        return "sync_session" in self.__dict__

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there."""
        if self.made or name not in ("sync_session", "_proxied", "_async_bind", "_async_binds"):
            raise AttributeError(name)
        self.release()
        super().__init__(self._lazy, expire_on_commit=False)
        return self.__dict__[name]

    async def __aexit__(self, type_: Any, value: Any, traceback: Any) -> None:
        self.release()
        if self.made:
            await super().__aexit__(type_, value, traceback)

    async def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        engine = self._engine
        if engine is not None and not self.made and not options and isinstance(statement, TextClause):
            written = _written(statement)
            if written is not None and (found := await self._read(engine, written, params or {})) is not None:
                return found
        return await super().execute(statement, params, **options)

    async def scalar(self, statement: Any, params: Any = None, **options: Any) -> Any:
        return (await self.execute(statement, params, **options)).scalar()

    async def scalars(self, statement: Any, params: Any = None, **options: Any) -> Any:
        return (await self.execute(statement, params, **options)).scalars()

    def release(self) -> None:
        """Gives the connection back, on which nothing was begun."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    async def _read(self, engine: AsyncEngine, written: Written, given: Mapping[str, Any]) -> Any:
        """None where it failed: then SQLAlchemy asks once more, and raises what it makes of the error."""
        try:
            values = written.values(given)
        except Exception:
            return None
        if self._reader is None and not await self._connect(engine):
            return None
        assert self._reader is not None
        for heard in engine.sync_engine.dispatch.before_cursor_execute:
            heard(None, None, written.sql, values, None, False)
        reader, self._reader = self._reader, None
        try:
            prepared, columns = await _prepared(reader, written.sql)
            rows = await prepared.fetch(*values)
        except BaseException as error:
            reader.info.pop(written.sql, None)  # a migration may have changed what it gives
            refused = isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
            answered = refused or isinstance(error, asyncpg.PostgresError)
            _give_back(reader, usable=answered)
            if isinstance(error, Exception):
                return None
            raise
        self._reader = reader
        return IteratorResult(columns, iter(rows))

    async def _connect(self, engine: AsyncEngine) -> bool:
        try:
            self._reader = await engine.raw_connection()
        except (OSError, exc.TimeoutError):
            raise  # the same once more would only be waited for twice
        except Exception:
            return False
        return True


async def _prepared(reader: PoolProxiedConnection, sql: str) -> tuple[Any, SimpleResultMetaData]:
    """Kept with the connection, with the names of its columns."""
    kept: dict[str, Any] = reader.info
    if (found := kept.get(sql)) is None:
        if len(kept) >= MAX_PREPARED:
            kept.clear()
        prepared = await reader.driver_connection.prepare(sql)  # type: ignore[union-attr]
        found = kept[sql] = prepared, SimpleResultMetaData([one.name for one in prepared.get_attributes()])
    return found


def _give_back(reader: PoolProxiedConnection, *, usable: bool) -> None:
    if usable and not reader.driver_connection.is_closed():  # type: ignore[union-attr]
        reader.close()
    else:
        reader.invalidate()


@lru_cache(maxsize=1000)
def _written(statement: TextClause) -> Written | None:
    """None for what may write, and for lists whose length is known only when they are sent."""
    if not only_reads(statement.text):
        return None
    compiled = statement.compile(dialect=DIALECT)
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    ready: Mapping[str, Any] = compiled._bind_processors
    return Written(compiled.string, tuple((name, ready.get(name)) for name in compiled.positiontup or ()))
