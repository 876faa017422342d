"""A catalogue file into the database: all of it or nothing."""

from pathlib import Path

from bot.catalogue import reading
from db.catalogue.loading import CatalogueChange, load_catalogue
from db.engine import Database, Pool


async def load_file(database: Database, path: Path) -> list[CatalogueChange]:
    """What changed, in the file's order. Raises CatalogueError and CatalogueRefusedError."""
    catalogue = reading.read(path)
    async with database.transaction(Pool.JOBS) as session:
        return await load_catalogue(session, catalogue)
