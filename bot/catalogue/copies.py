"""Copies of the catalogue that go out as files and come back changed: `db.catalogue.merging` brings them together with
what was changed meanwhile."""

import asyncio
import re

from sqlalchemy.ext.asyncio import AsyncSession

from bot.catalogue import writing
from bot.catalogue.errors import CatalogueError
from bot.catalogue.loading import load
from bot.catalogue.reading import parse
from bot.context import AppContext
from db.catalogue.copies import get_copy
from db.catalogue.entries import Catalogue
from db.catalogue.exporting import export_catalogue
from db.catalogue.faults import Fault
from db.catalogue.merging import LoadPlan, Merge, merge_catalogues
from db.tables import CatalogueCopy

MOST_BYTES = 2 * 2**20
NUMBER = re.compile(r"^# Copy (\d{1,18})\b", re.MULTILINE)


def decode(content: bytes) -> str:
    """Raises CatalogueError."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogueError([Fault("is no text in UTF-8")]) from error


def number_of(content: str) -> int | None:
    """Of the copy that a file says it was made from."""
    found = NUMBER.search(content[:2000])
    return int(found[1]) if found else None


async def write_copy(session: AsyncSession, copy_id: int) -> tuple[str, list[str]]:
    """The file, which says its number, and what it could not hold. Raises CatalogueError."""
    catalogue = await export_catalogue(session)
    text, notes = await asyncio.to_thread(writing.write, catalogue)
    return f"# Copy {copy_id}: when it comes back, it is compared to what was changed since.\n{text}", notes


async def read(content: str) -> Catalogue:
    """Raises CatalogueError."""
    return await asyncio.to_thread(parse, content)


async def plan_copy(session: AsyncSession, context: AppContext, copy: CatalogueCopy) -> LoadPlan:
    """Loads nothing. Raises CatalogueError, CatalogueRefusedError."""
    mine = await read(copy.content)
    base = await get_copy(session, copy.base_id) if copy.base_id else None
    theirs = await export_catalogue(session)
    if base is None:
        return await plan(session, context, Merge(mine), based=False)
    return await plan(session, context, merge_catalogues(await read(base.content), mine, theirs))


async def plan(session: AsyncSession, context: AppContext, merge: Merge, *, based: bool = True) -> LoadPlan:
    """Raises CatalogueRefusedError."""
    async with session.begin_nested() as trial:
        try:
            changes = await load(session, merge.catalogue, context.settings, context.now())
        finally:
            await trial.rollback()
            session.expire_all()
    return LoadPlan(merge.catalogue, changes, merge.conflicts, based)
