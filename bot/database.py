"""The database a command works with: the one DATABASE_URL names, or the embedded server, started for as long."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from bot.settings import Settings
from db.postgres.server import EmbeddedServer
from db.probe import check_poolers, check_usable
from db.schema.migrate import SchemaState, migrate, state_of

log = structlog.get_logger(__name__)

NAMES = ("DATABASE_URL", "DATABASE_DIRECT_URL")


class NotMigratedError(Exception):
    """The database has not the schema of this code; the message says what to do."""


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[tuple[str, str]]:
    """Its address, and the one around a pooler. Raises ServerError and NoBinariesError for the embedded server."""
    if settings.dsn:
        yield settings.dsn, settings.direct_dsn or settings.dsn
        return
    async with EmbeddedServer(settings.data_dir) as server:
        yield server.dsn, server.dsn


@asynccontextmanager
async def open_migrated(settings: Settings) -> AsyncIterator[tuple[str, str]]:
    """As `open_database`, with this code's schema: the embedded one is migrated, another one must be already.

    Raises NotMigratedError, and UnusableError where the bot could not work over the address that it will use.
    """
    async with open_database(settings) as (dsn, direct):
        if settings.dsn is None:
            if not await migrate(dsn, log.debug):
                raise NotMigratedError("the embedded database could not be migrated")
        else:
            await check_poolers(dsn, direct, NAMES)
            if (state := await state_of(direct)) is not SchemaState.CURRENT:
                raise NotMigratedError(f"DATABASE_URL: the schema is {state}; run: python main.py migrate")
            await check_usable(dsn, NAMES[0])
        yield dsn, direct
