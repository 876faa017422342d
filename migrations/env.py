"""Runs the migrations: on the connection that `db.schema.migrate` hands over, or, as `alembic …`, on DATABASE_URL."""

import asyncio
import os
from typing import Any

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from db.dsn import asyncpg_url, connect_args
from db.schema.migrate import LOCK
from db.tables import Base


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    """The other application's tables, and those that pgqueuer keeps itself, are not ours to compare."""
    if kind == "schema":
        return name in {None, "bot"}
    if kind == "table":
        return parents["schema_qualified_table_name"] in Base.metadata.tables
    return True


def include_object(thing: Any, _name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    """Which indexes lie on the shared tables is their owner's choice; unique ones count as constraints."""
    return not (reflected and kind == "index" and thing.table.schema is None and not thing.unique)


def configure(**options: Any) -> None:
    context.configure(
        target_metadata=Base.metadata,
        include_schemas=True,
        include_name=include_name,
        include_object=include_object,
        compare_type=True,
        compare_server_default=True,
        version_table_schema="bot",
        **options,
    )


def migrate(connection: Connection) -> None:
    configure(connection=connection)
    with context.begin_transaction():
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        connection.exec_driver_sql("SET LOCAL search_path TO public")
        # Where the schema is there already we may lack the right to create one, and IF NOT EXISTS asks for it.
        if connection.exec_driver_sql("SELECT to_regnamespace('bot')").scalar() is None:
            connection.exec_driver_sql("CREATE SCHEMA bot")
        context.run_migrations()


async def by_address(dsn: str) -> None:
    engine = create_async_engine(
        asyncpg_url(dsn), connect_args=connect_args(dsn), poolclass=pool.NullPool, hide_parameters=True
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


def offline() -> None:
    configure(url="postgresql+asyncpg://", literal_binds=True)
    with context.begin_transaction():
        context.execute("CREATE SCHEMA IF NOT EXISTS bot")
        context.run_migrations()


if context.is_offline_mode():
    offline()
elif (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    asyncio.run(by_address(os.environ["DATABASE_URL"]))
