"""The short way of statements that are written out: straight to the driver, over a connection of the same pool.

SQLAlchemy's session is made with the first statement that is not written out; what it makes of each statement, row and
transaction costs more than PostgreSQL's own answer to most of what people do.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Connection, Dialect, PoolProxiedConnection, TextClause, exc
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, AsyncSessionTransaction
from sqlalchemy.util import greenlet_spawn

from db.sql import only_reads, together

DIALECT: Dialect = dialect()  # type: ignore[no-untyped-call]
MAX_PREPARED = 200  # statements of one connection


@dataclass(frozen=True, slots=True)
class Written:
    """As PostgreSQL takes it: `arguments` are names in their order, and what makes their values ready."""

    sql: str
    arguments: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    reads: bool

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        return [ready(given[name]) if ready else given[name] for name, ready in self.arguments]


class DirectSession(AsyncSession):
    """An AsyncSession of which nothing is there before it is needed. Until something may be written each statement is a
    transaction by itself. What was begun the short way SQLAlchemy goes on with. `lazy` begins with the first write;
    `engine`, of the same pool, is None where nothing goes the short way."""

    def __init__(self, lazy: AsyncEngine, engine: AsyncEngine | None) -> None:
        self._lazy, self._engine = lazy, engine
        self._held: PoolProxiedConnection | None = None
        self.begun = False  # a transaction, over `_held`
        self._lost: BaseException | None = None
        self._later: list[tuple[str, Mapping[str, Any]]] = []
        self._expected: tuple[TextClause, Mapping[str, Any], Any] | None = None

    @property
    def is_direct(self) -> bool:
        return self._engine is not None and not self.made

    @property
    def made(self) -> bool:
        return "sync_session" in self.__dict__

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there."""
        if self.made or name not in ("sync_session", "_proxied", "_async_bind", "_async_binds"):
            raise AttributeError(name)
        if self.begun:
            super().__init__(self._same_transaction(), expire_on_commit=False)
        else:
            self.release()
            super().__init__(self._lazy, expire_on_commit=False)
        return self.__dict__[name]

    def _same_transaction(self) -> AsyncConnection:
        if self._lost is not None:
            raise self._lost
        assert self._engine is not None
        return AsyncConnection(self._engine, Connection(self._engine.sync_engine, self._held))

    async def __aexit__(self, type_: Any, value: Any, traceback: Any) -> None:
        try:
            if self.made:
                await super().__aexit__(type_, value, traceback)
            if self.begun:
                await self._end("rollback")
        except BaseException:
            if self._held is not None:
                self._held.invalidate()
            raise
        finally:
            self.release()

    async def commit(self) -> None:
        if self._lost is not None:
            raise self._lost
        if self._later:
            await self.write_kept()
        if self.made:
            await super().commit()
        if self.begun:
            await self._end("commit")

    async def _end(self, how: str) -> None:
        """Nothing, where it has ended."""
        self.begun = False
        if self._held is not None and self._held.is_valid:
            await self._driver(None, getattr(self._held, how))

    def keep(self, parts: str, values: Mapping[str, Any]) -> bool:
        """Whether they are written with the next statement, or with the commit."""
        if self._engine is None or self.made:
            return False
        self._later.append((parts, values))
        return True

    @property
    def has_kept(self) -> bool:
        return bool(self._later)

    async def write_kept(
        self, parts: str = "", values: Mapping[str, Any] | None = None, then: str = "select"
    ) -> Any:
        kept, self._later = self._later, []
        if parts:
            kept.append((parts, values or {}))
        given = {f"{name}{at}": value for at, (_, one) in enumerate(kept) for name, value in one.items()}
        return await self.execute(together(tuple(one for one, _ in kept), then), given)

    def expect(self, statement: TextClause, values: Mapping[str, Any], result: Any) -> None:
        """What is known already, in case that it is asked next, before anything is written."""
        self._expected = statement, values, result

    async def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        expected, self._expected = self._expected, None
        if expected is not None and expected[:2] == (statement, params) and not (self._later or self.made):
            return expected[2]
        if self._later:
            await self.write_kept()
        engine = self._engine
        if engine is not None and not self.made and not options and isinstance(statement, TextClause):
            written = _written(statement)
            if written is not None and (found := await self._send(engine, written, params or {})) is not None:
                return found
        return await super().execute(statement, params, **options)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[AsyncSessionTransaction]:  # type: ignore[override]
        """What was kept before the savepoint does not go with it."""
        if self._later:
            await self.write_kept()
        async with super().begin_nested() as nested:
            yield nested

    async def scalar(self, statement: Any, params: Any = None, **options: Any) -> Any:
        return (await self.execute(statement, params, **options)).scalar()

    async def scalars(self, statement: Any, params: Any = None, **options: Any) -> Any:
        return (await self.execute(statement, params, **options)).scalars()

    def release(self) -> None:
        """Gives the connection back, on which nothing is begun."""
        if self._held is not None:
            self._held.close()
            self._held = None

    async def _send(self, engine: AsyncEngine, written: Written, given: Mapping[str, Any]) -> Any:
        """None where SQLAlchemy is to ask, and to raise what it makes of the error."""
        if self._lost is not None:
            raise self._lost
        try:
            values = written.values(given)
        except Exception:
            return None
        if self._held is None and not await self._connect(engine):
            return None
        for heard in engine.sync_engine.dispatch.before_cursor_execute:
            heard(None, None, written.sql, values, None, False)
        if self.begun or not written.reads:
            return await self._write(written.sql, values)
        return await self._read(written.sql, values)

    async def _write(self, sql: str, values: list[Any]) -> Any:
        """In a transaction, which the driver begins with the first of them."""
        assert self._held is not None
        cursor = self._held.cursor()
        self.begun = True
        await self._driver(sql, cursor.execute, sql, values)
        names = tuple(column[0] for column in cursor.description or ())
        return result_of(names, cursor.fetchall())

    async def _driver(self, sql: str | None, call: Callable[..., None], *arguments: Any) -> None:
        """Raises what SQLAlchemy makes of an error. A connection of which nothing is known any more goes no further."""
        assert self._engine is not None
        assert self._held is not None
        dialect, errors = self._engine.dialect, self._engine.dialect.loaded_dbapi
        try:
            await greenlet_spawn(call, *arguments)
        except errors.Error as error:
            stale = isinstance(error, errors.InvalidCachedStatementError)
            lost = stale or dialect.is_disconnect(error, self._held.dbapi_connection, None)
            raised = exc.DBAPIError.instance(
                sql,
                None,
                error,
                errors.Error,
                hide_parameters=True,
                connection_invalidated=lost,
                dialect=dialect,
            )
            if lost:
                self._lose(raised)
            raise raised from error
        except BaseException as error:
            self._lose(error)
            raise

    def _lose(self, error: BaseException) -> None:
        assert self._held is not None
        self._held.invalidate()
        self._held, self._lost = None, error

    async def _read(self, sql: str, values: list[Any]) -> Any:
        """None where it failed."""
        assert self._held is not None
        held, self._held = self._held, None
        try:
            prepared, columns = await _prepared(held, sql)
            rows = await prepared.fetch(*values)
        except BaseException as error:
            held.info.pop(sql, None)  # a migration may have changed what it gives
            refused = isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
            answered = refused or isinstance(error, asyncpg.PostgresError)
            _give_back(held, usable=answered)
            if isinstance(error, Exception):
                return None
            raise
        self._held = held
        return IteratorResult(columns, iter(rows))

    async def _connect(self, engine: AsyncEngine) -> bool:
        try:
            self._held = await engine.raw_connection()
        except (OSError, exc.TimeoutError):
            raise  # the same once more would only be waited for twice
        except Exception:
            return False
        return True


async def write_later(session: AsyncSession, parts: str, values: Mapping[str, Any]) -> None:
    """What nobody needs to know the end of, before whatever comes next in the transaction: with the last statement of
    an update, if nothing else does. `parts` (db/sql.py) stand on nothing that others kept just before write."""
    if not (isinstance(session, DirectSession) and session.keep(parts, values)):
        await write(session, parts, values)


async def write(session: AsyncSession, parts: str, values: Mapping[str, Any], then: str = "select") -> Any:
    """With all that was kept for later; the result is `then`'s."""
    if isinstance(session, DirectSession):
        return await session.write_kept(parts, values, then)
    return await session.execute(together((parts,), then), {f"{name}0": values[name] for name in values})


async def _prepared(held: PoolProxiedConnection, sql: str) -> tuple[Any, SimpleResultMetaData]:
    """Kept with the connection, with the names of its columns."""
    kept: dict[str, Any] = held.info
    if (found := kept.get(sql)) is None:
        if len(kept) >= MAX_PREPARED:
            kept.clear()
        prepared = await held.driver_connection.prepare(sql)  # type: ignore[union-attr]
        found = kept[sql] = prepared, _columns(tuple(one.name for one in prepared.get_attributes()))
    return found


def result_of(names: tuple[str, ...], rows: Iterable[Any]) -> Any:
    return IteratorResult(_columns(names), iter(rows))


@lru_cache(maxsize=1000)
def _columns(names: tuple[str, ...]) -> SimpleResultMetaData:
    return SimpleResultMetaData(names)


def _give_back(held: PoolProxiedConnection, *, usable: bool) -> None:
    if usable and not held.driver_connection.is_closed():  # type: ignore[union-attr]
        held.close()
    else:
        held.invalidate()


@lru_cache(maxsize=1000)
def _written(statement: TextClause) -> Written | None:
    """None for lists whose length is known only when they are sent."""
    compiled = statement.compile(dialect=DIALECT)
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    ready: Mapping[str, Any] = compiled._bind_processors
    return Written(
        compiled.string,
        tuple((name, ready.get(name)) for name in compiled.positiontup or ()),
        only_reads(statement.text),
    )
