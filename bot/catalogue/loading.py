"""A catalogue file into the database, all of it or nothing; and the database into a file."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.catalogue import reading, writing
from bot.catalogue.checking import list_unpayable
from bot.catalogue.files import list_files, look_at
from bot.clock import utc_now
from bot.settings import Settings
from db.acts import CONSOLE, ActKind, record_act
from db.catalogue.changes import Action, CatalogueChange
from db.catalogue.entries import Catalogue
from db.catalogue.exporting import export_catalogue
from db.catalogue.loading import CatalogueRefusedError, load_catalogue
from db.engine import Database, Pool, is_retryable
from db.jobs import DescribeBotJob
from db.queue import enqueue

PAYMENT_FIELDS = {"currency", "methods", "active"}
MAX_RECORDED = 10  # changes that the history spells out
MAX_TRIES = 4  # of a transaction that met a deadlock, or ids that are taken


async def check_addresses(path: Path) -> list[str]:
    """A line for what could not be reached from here. Raises CatalogueError for what Telegram would not show."""
    looked = await look_at(list_files(reading.read(path)))
    if wrong := [f"{one.file}: {one.wrong}" for one in looked if one.wrong and one.reached]:
        raise reading.CatalogueError(wrong)
    return [f"{one.file}: tried from here: {one.wrong}" for one in looked if one.wrong]


async def load_file(
    database: Database, path: Path, settings: Settings | None = None, now: datetime | None = None
) -> list[CatalogueChange]:
    """What changed, in the file's order. With `settings`, no offer comes on sale that nobody could pay by them.

    Raises CatalogueError and CatalogueRefusedError.
    """
    catalogue, now = reading.read(path), now or utc_now()
    for _ in range(MAX_TRIES):
        try:
            return await _load(database, catalogue, settings, now)
        except DBAPIError as error:
            if not is_retryable(error):
                raise
    return await _load(database, catalogue, settings, now)


async def _load(
    database: Database, catalogue: Catalogue, settings: Settings | None, now: datetime
) -> list[CatalogueChange]:
    async with database.transaction(Pool.JOBS) as session:
        changes = await load(session, catalogue, settings, now)
        if changes:
            await record_load(session, CONSOLE, changes, catalogue, now)
        return changes


async def record_load(
    session: AsyncSession, admin: int, changes: Sequence[CatalogueChange], catalogue: Catalogue, now: datetime
) -> None:
    """In the history, and where Telegram shows what the bot teaches. `admin`: a Telegram id, or CONSOLE."""
    currencies = catalogue.list_currencies()
    shown = [one.to_facts() | {"currency": currencies.get(one.key, "")} for one in changes[:MAX_RECORDED]]
    facts = {"count": len(changes), "changes": shown}
    await record_act(session, admin, ActKind.CATALOGUE, now, facts=facts)
    await enqueue(session, DescribeBotJob())


async def load(
    session: AsyncSession, catalogue: Catalogue, settings: Settings | None, now: datetime | None = None
) -> list[CatalogueChange]:
    """As `load_catalogue`. With `settings`, CatalogueRefusedError also where a new offer could not be paid by them."""
    changes = await load_catalogue(session, catalogue, now)
    offers = [change for change in changes if change.table == "offer"]
    new = {change.key for change in offers if _decides_payment(change)}
    priced = {change.key for change in offers if any(name == "price" for name, *_ in change.fields)}
    if settings is not None and (lines := list(list_unpayable(catalogue, settings, new, priced))):
        raise CatalogueRefusedError(lines)
    return changes


def _decides_payment(change: CatalogueChange) -> bool:
    return change.action is Action.ADDED or any(name in PAYMENT_FIELDS for name, *_ in change.fields)


async def export_file(database: Database, path: Path) -> list[str]:
    """Writes a new file, or a course folder where the path has no ending; what of other applications' rows it could
    not hold. Raises CatalogueError."""
    async with database.transaction(Pool.JOBS) as session:
        catalogue = await export_catalogue(session)
    if path.suffix:
        text, notes = writing.write(catalogue)
        texts = {path: text}
    else:
        named, notes = writing.write_folder(catalogue)
        texts = {path / name: text for name, text in named.items()}
    try:
        _write(path, texts)
    except OSError as error:
        raise reading.CatalogueError([f"{path}: {error.strerror or error}"]) from error
    return notes


def _write(path: Path, texts: dict[Path, str]) -> None:
    """Nothing that is there already is written over."""
    if not path.suffix:
        path.mkdir()
    for place, text in texts.items():
        place.parent.mkdir(exist_ok=True)
        with place.open("x", encoding="utf-8") as file:
            file.write(text)
