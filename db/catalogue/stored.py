"""The catalogue as the database has it, and where a file contradicts it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import tables
from db.catalogue.entries import Catalogue, ModuleEntry, ProductEntry
from db.catalogue.faults import Fault, at
from db.normal import promo_form

Row = TypeVar("Row")

# docs/adopting.md#ids: ours could be ones the other application uses for something else.
HAS_UNKNOWN_IDS = """
select exists (
    select from progress p
    where not exists (select from bot.lessons l where l.id = p.lesson_id)
       or not exists (select from bot.results r where r.id = p.result_id)
)
"""
NEEDS_ID = Fault(
    "needs an id: progress holds ids that no catalogue here knows, and a new one of ours could be one of them"
)


@dataclass(slots=True)
class StoredCatalogue:
    """Rows by key; lessons by module id and key, questions by lesson id and key, promo codes by normal form,
    unlocking and options by module id, codes that are switched off by id. `batched`: ids of codes of a batch, which are
    for no file.

    `has_unknown_ids`: `progress` holds ids that the bot does not know.
    """

    modules: dict[str, tables.Module]
    products: dict[str, tables.Product]
    module_rows: dict[int, tables.Module]
    product_rows: dict[int, tables.Product]
    unlocking: dict[int, tables.ModuleUnlocking]
    options: dict[int, tables.ModuleOptions]
    lessons: dict[int, dict[str, tables.Lesson]]
    questions: dict[int, dict[str, tables.Question]]
    offers: dict[str, tables.Offer]
    offer_rows: dict[int, tables.Offer]
    promos: dict[str, tables.PromoCode]
    switched_off: dict[int, tables.SwitchedOffCode]
    batched: set[int]
    results: dict[str, tables.Result]
    school: dict[str, tables.School]
    has_unknown_ids: bool

    @classmethod
    async def read(cls, session: AsyncSession) -> "StoredCatalogue":
        """Fifteen statements, whatever the size."""
        keys = await _all(session, tables.CatalogueKey)
        module_rows = {row.id: row for row in await _all(session, tables.Module)}
        product_rows = {row.product_id: row for row in await _all(session, tables.Product)}
        offer_rows = {row.id: row for row in await _all(session, tables.Offer)}
        return cls(
            modules={key.key: module_rows[key.module_id] for key in keys if key.module_id},
            products={key.key: product_rows[key.product_id] for key in keys if key.product_id},
            module_rows=module_rows,
            product_rows=product_rows,
            unlocking={row.module_id: row for row in await _all(session, tables.ModuleUnlocking)},
            options={row.module_id: row for row in await _all(session, tables.ModuleOptions)},
            lessons=_nested((row.module_id, row.key, row) for row in await _all(session, tables.Lesson)),
            questions=_nested((row.lesson_id, row.key, row) for row in await _all(session, tables.Question)),
            offers={row.key: row for row in offer_rows.values() if row.key},
            offer_rows=offer_rows,
            promos=_by_code(await _all(session, tables.PromoCode)),
            switched_off={row.code_id: row for row in await _all(session, tables.SwitchedOffCode)},
            batched=set(await session.scalars(select(tables.BatchCode.code_id))),
            results={row.key: row for row in await _all(session, tables.Result)},
            school={row.language: row for row in await _all(session, tables.School)},
            has_unknown_ids=bool(await session.scalar(text(HAS_UNKNOWN_IDS))),
        )

    def module(self, entry: ModuleEntry) -> tables.Module | None:
        """The row that the entry means, by its key or its id; None where it is new."""
        return self.modules.get(entry.key) or self.module_rows.get(entry.id or 0)

    def product(self, entry: ProductEntry) -> tables.Product | None:
        """As `module`."""
        return self.products.get(entry.key) or self.product_rows.get(entry.id or 0)


async def _all(session: AsyncSession, table: type[Row]) -> list[Row]:
    """Also the rows that this session has seen before: another transaction may have changed them since."""
    return list(await session.scalars(select(table).execution_options(populate_existing=True)))


def _nested(rows: Iterable[tuple[int, str, Row]]) -> dict[int, dict[str, Row]]:
    nested: defaultdict[int, dict[str, Row]] = defaultdict(dict)
    for owner, key, row in rows:
        nested[owner][key] = row
    return dict(nested)


def _by_code(rows: Iterable[tables.PromoCode]) -> dict[str, tables.PromoCode]:
    """The oldest one where an adopted database holds two that differ in case only."""
    return {promo_form(row.code): row for row in sorted(rows, key=lambda row: -row.id)}


def off_of(kept: StoredCatalogue, row: tables.PromoCode | None) -> tables.SwitchedOffCode | None:
    """Where the code is switched off (db/promo_codes.py), the row that keeps its number of uses."""
    off = kept.switched_off.get(row.id) if row else None
    return off if off is not None and row is not None and row.max_usage_count <= off.lowered_to else None


def list_refusals(catalogue: Catalogue, kept: StoredCatalogue) -> list[str]:
    """A line for every place of the file that the database cannot follow."""
    return [
        *_results(catalogue, kept),
        *_modules(catalogue, kept),
        *_lessons(catalogue, kept),
        *_products(catalogue, kept),
        *_offers(catalogue, kept),
    ]


def _results(catalogue: Catalogue, kept: StoredCatalogue) -> Iterator[str]:
    names = {row.id: key for key, row in kept.results.items()}
    for entry in catalogue.results:
        row = kept.results.get(entry.key)
        for problem in _own_id(entry.key, entry.id, row.id if row else None, names, kept.has_unknown_ids):
            yield at(f'results "{entry.key}"', problem)


def _lessons(catalogue: Catalogue, kept: StoredCatalogue) -> Iterator[str]:
    names = {row.id: (owner, key) for owner, rows in kept.lessons.items() for key, row in rows.items()}
    for module in catalogue.modules:
        owner = kept.module(module)
        rows = kept.lessons.get(owner.id, {}) if owner else {}
        for entry in module.lessons:
            row = rows.get(entry.key)
            me = (owner.id if owner else None, entry.key)
            for problem in _own_id(me, entry.id, row.id if row else None, names, kept.has_unknown_ids):
                yield at(f'modules "{module.key}" . lessons "{entry.key}"', problem)


def _own_id(
    me: object, wanted: int | None, has: int | None, names: dict[int, Any], has_unknown_ids: bool
) -> Iterator[str]:
    """What is wrong with the id of a row of ours: `names` tells whose each id is."""
    if has is not None and wanted not in (None, has):
        yield Fault("its id is {has} already and cannot become {wanted}", has=has, wanted=wanted)
    elif has is None and wanted in names and names[wanted] != me:
        yield Fault("the id {wanted} is taken by {name}", wanted=wanted, name=_name(names[wanted]))
    elif has is None and wanted is None and has_unknown_ids:
        yield NEEDS_ID


def _name(name: object) -> str:
    """A lesson's name is the id of its module and its key."""
    return f'"{name[1]}" of module {name[0]}' if isinstance(name, tuple) else f'"{name}"'


def _modules(catalogue: Catalogue, kept: StoredCatalogue) -> Iterator[str]:
    names = {row.id: key for key, row in kept.modules.items()}
    for entry in catalogue.modules:
        has = kept.modules.get(entry.key)
        for problem in _shared_id(entry.id, has.id if has else None, names, kept.module_rows):
            yield at(f'modules "{entry.key}"', problem)


def _products(catalogue: Catalogue, kept: StoredCatalogue) -> Iterator[str]:
    names = {row.product_id: key for key, row in kept.products.items()}
    modules = {entry.key: kept.module(entry) for entry in catalogue.modules}
    for entry in catalogue.products:
        has = kept.products.get(entry.key)
        for problem in _shared_id(entry.id, has.product_id if has else None, names, kept.product_rows):
            yield at(f'products "{entry.key}"', problem)
        row, module = kept.product(entry), modules[entry.module]
        if row is not None and (module is None or module.id != row.module_id):
            what = Fault(
                "opens module {id} already, and what was bought must not come to mean another module; give the new"
                " product a key of its own",
                id=row.module_id,
            )
            yield at(f'products "{entry.key}"', what)


def _offers(catalogue: Catalogue, kept: StoredCatalogue) -> Iterator[str]:
    names = {row.id: key for key, row in kept.offers.items()}
    for product in catalogue.products:
        owner = kept.product(product)
        for entry in product.offers:
            has, place = kept.offers.get(f"{product.key}/{entry.key}"), f'offers "{product.key}/{entry.key}"'
            for problem in _shared_id(entry.id, has.id if has else None, names, kept.offer_rows):
                yield at(place, problem)
            row = has or kept.offer_rows.get(entry.id or 0)
            if row is not None and (owner is None or row.product_id != owner.product_id):
                yield at(place, Fault("it is an offer of product {id}", id=row.product_id))


def _shared_id(
    wanted: int | None, has: int | None, names: dict[int, str], rows: dict[int, Any]
) -> Iterator[str]:
    """`id` means a row that the other application knows, so it has to be there."""
    if wanted is None:
        return
    if has is not None and wanted != has:
        yield Fault("its id is {has} already and cannot become {wanted}", has=has, wanted=wanted)
    elif wanted not in rows:
        yield Fault(
            "the database has no row with the id {wanted}; leave the id out to have one made", wanted=wanted
        )
    elif has is None and wanted in names:
        yield Fault('the id {wanted} is "{name}" already', wanted=wanted, name=names[wanted])
