"""A catalogue file into the database, all of it or nothing; and the database into a file."""

from pathlib import Path

from sqlalchemy.exc import DBAPIError

from bot.catalogue import reading, writing
from db.catalogue.entries import Catalogue
from db.catalogue.exporting import export_catalogue
from db.catalogue.loading import CatalogueChange, load_catalogue
from db.engine import Database, Pool, is_retryable
from db.jobs import DescribeBotJob
from db.queue import enqueue

MAX_TRIES = 4  # of a transaction that met a deadlock, or ids that are taken


async def load_file(database: Database, path: Path) -> list[CatalogueChange]:
    """What changed, in the file's order. Raises CatalogueError and CatalogueRefusedError."""
    catalogue = reading.read(path)
    for _ in range(MAX_TRIES):
        try:
            return await _load(database, catalogue)
        except DBAPIError as error:
            if not is_retryable(error):
                raise
    return await _load(database, catalogue)


async def _load(database: Database, catalogue: Catalogue) -> list[CatalogueChange]:
    async with database.transaction(Pool.JOBS) as session:
        changes = await load_catalogue(session, catalogue)
        if changes:
            await enqueue(session, DescribeBotJob())
        return changes


async def export_file(database: Database, path: Path) -> list[str]:
    """Writes a new file; what of other applications' rows it could not hold. Raises CatalogueError."""
    async with database.transaction(Pool.JOBS) as session:
        catalogue = await export_catalogue(session)
    text, notes = writing.write(catalogue)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise reading.CatalogueError([f"{path}: {error.strerror or error}"]) from error
    return notes
