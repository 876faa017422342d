"""The catalogue: what a school teaches and sells, loaded again and again from its file by stable keys.

Nothing that learners may have used is deleted. A lesson, question or offer that is no longer in the file is withdrawn
(`active = false`) and comes back with its key; a result goes behind the others. Modules, products and promo codes stay
as they are, and so do the lessons of a module that is no longer in the file: some have paid for them. What the school
says of itself is nobody's but the file's: a language that is gone from it is deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from db.catalogue.changes import Action, CatalogueChange
from db.catalogue.entries import (
    Catalogue,
    LessonEntry,
    ModuleEntry,
    OfferEntry,
    ProductEntry,
    QuestionEntry,
    ResultEntry,
)
from db.catalogue.ids import reserve_ids
from db.catalogue.stored import StoredCatalogue, list_refusals, off_of
from db.locks import lock
from db.normal import promo_form
from db.tables import (
    CatalogueKey,
    Lesson,
    Module,
    ModuleOptions,
    ModuleUnlocking,
    Offer,
    Product,
    PromoCode,
    Question,
    Result,
    School,
)

Row = TypeVar("Row")

KEYS_AND_PARTS = {"key", "id", "questions"}


class CatalogueRefusedError(Exception):
    """The file and the database do not go together; nothing was changed. `lines` say where and why."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = list(lines)


async def load_catalogue(
    session: AsyncSession, catalogue: Catalogue, now: datetime | None = None
) -> list[CatalogueChange]:
    """Makes the database say what the file says; the changes, in the file's order. `now` is when prices change;
    where it is not said, no order keeps a price that was raised. Raises CatalogueRefusedError."""
    await lock(session, "catalogue")
    kept = await StoredCatalogue.read(session)
    if lines := list_refusals(catalogue, kept):
        raise CatalogueRefusedError(lines)
    await reserve_ids(session, catalogue)
    loading = _Loading(session, kept, now)
    await loading.school(catalogue)
    loading.results(catalogue)
    modules = [(entry, loading.module(entry)) for entry in catalogue.modules]
    await session.flush()
    loading.keys(modules)
    for entry, module in modules:
        loading.beside(entry, module)
    lessons = [pair for entry, row in modules for pair in loading.lessons(entry, row)]
    by_key = {entry.key: row for entry, row in modules}
    products = [(entry, loading.product(entry, by_key[entry.module])) for entry in catalogue.products]
    await session.flush()
    loading.keys(products)
    for name, lesson, row in lessons:
        loading.questions(name, lesson, row)
    loading.offers(products)
    loading.promos(catalogue, {entry.key: row for entry, row in products})
    await session.flush()
    return loading.changes


@dataclass(slots=True)
class _Loading:
    session: AsyncSession
    kept: StoredCatalogue
    now: datetime | None
    changes: list[CatalogueChange] = field(default_factory=list)

    async def school(self, catalogue: Catalogue) -> None:
        gone = dict(self.kept.school)
        for entry in catalogue.school:
            key, fixed = entry.language or "default", {"language": entry.language}
            values = {"name": entry.name, "description": entry.description}
            self._put("school", key, gone.pop(entry.language, None), School, fixed, values)
        for language, row in sorted(gone.items()):
            await self.session.delete(row)
            self.changes.append(CatalogueChange(Action.WITHDRAWN, "school", language or "default"))

    def results(self, catalogue: Catalogue) -> None:
        gone = dict(self.kept.results)
        for position, entry in enumerate(catalogue.results, 1):
            values = _columns(entry, position=position)
            fixed = {"key": entry.key} | _id(entry.id)
            self._put("result", entry.key, gone.pop(entry.key, None), Result, fixed, values)
        behind = sorted(gone.values(), key=lambda row: row.position)
        for position, row in enumerate(behind, len(catalogue.results) + 1):
            self._update("result", row.key, row, {"position": position})

    def module(self, entry: ModuleEntry) -> Module:
        stated = {"description": entry.description, "interval_count": entry.interval_count}
        kept = {name: value for name, value in stated.items() if entry.id is None or value is not None}
        adopted = entry.key not in self.kept.modules
        return self._put(
            "module", entry.key, self.kept.module(entry), Module, {}, {"name": entry.name} | kept, adopted
        )

    def product(self, entry: ProductEntry, module: Module) -> Product:
        adopted = entry.key not in self.kept.products
        fixed, values = {"module_id": module.id}, {"name": entry.name}
        return self._put("product", entry.key, self.kept.product(entry), Product, fixed, values, adopted)

    def keys(self, pairs: Sequence[tuple[ModuleEntry | ProductEntry, Module | Product]]) -> None:
        """Remembers which row a key names, once the row has its id."""
        for entry, row in pairs:
            if isinstance(row, Module) and entry.key not in self.kept.modules:
                key = CatalogueKey(
                    kind="module", key=entry.key, module_id=row.id, adopted=entry.id is not None
                )
                self.session.add(key)
            elif isinstance(row, Product) and entry.key not in self.kept.products:
                adopted = entry.id is not None
                key = CatalogueKey(kind="product", key=entry.key, product_id=row.product_id, adopted=adopted)
                self.session.add(key)

    def beside(self, module: ModuleEntry, row: Module) -> None:
        """What only the bot keeps of a module: when its lessons unlock, and how they are shown. Rows that say nothing
        need not be there."""
        unlocking = {
            "in_order": module.unlock_in_order,
            "days": module.unlock_days,
            "at": module.unlock_at,
        }
        stored = self.kept.unlocking.get(row.id)
        if stored is not None or module.waits:
            self._put("unlocking", module.key, stored, ModuleUnlocking, {"module_id": row.id}, unlocking)
        shown = {"format": module.format, "protect_content": module.protect_content}
        options = self.kept.options.get(row.id)
        if options is not None or shown != {"format": "classic", "protect_content": False}:
            self._put("options", module.key, options, ModuleOptions, {"module_id": row.id}, shown)

    def lessons(self, module: ModuleEntry, row: Module) -> list[tuple[str, LessonEntry, Lesson]]:
        """Each lesson with its full key and row."""
        gone, put = dict(self.kept.lessons.get(row.id, {})), []
        for position, entry in enumerate(module.lessons, 1):
            name, fixed = f"{module.key}/{entry.key}", {"module_id": row.id, "key": entry.key} | _id(entry.id)
            values = _columns(entry, position=position, active=True)
            lesson = self._put("lesson", name, gone.pop(entry.key, None), Lesson, fixed, values)
            put.append((name, entry, lesson))
        self._withdraw("lesson", {f"{module.key}/{key}": lesson for key, lesson in gone.items()})
        return put

    def questions(self, lesson_key: str, lesson: LessonEntry, row: Lesson) -> None:
        gone = dict(self.kept.questions.get(row.id, {}))
        for position, entry in enumerate(lesson.questions, 1):
            name, fixed = f"{lesson_key}/{entry.key}", {"lesson_id": row.id, "key": entry.key}
            values = _columns(entry, position=position, active=True)
            self._put("question", name, gone.pop(entry.key, None), Question, fixed, values)
        self._withdraw("question", {f"{lesson_key}/{key}": question for key, question in gone.items()})

    def offers(self, products: Sequence[tuple[ProductEntry, Product]]) -> None:
        gone = dict(self.kept.offers)
        for product, sold in products:
            for entry in product.offers:
                key = f"{product.key}/{entry.key}"
                fixed = {"key": key, "product_id": sold.product_id}
                stored = gone.pop(key, None)
                if adopted := stored is None and entry.id is not None:
                    stored = self.kept.offer_rows[entry.id]
                    stored.key = key
                before = stored.price if stored else None
                row = self._put("offer", key, stored, Offer, fixed, _columns(entry, active=True), adopted)
                if before not in (None, row.price):
                    row.price_changed_at, row.price_before = self.now, before
        self._withdraw("offer", gone)

    def promos(self, catalogue: Catalogue, products: dict[str, Product]) -> None:
        for entry in catalogue.promos:
            values = {
                "days": entry.days,
                "max_usage_count": entry.max_uses,
                "product_id": products[entry.product].product_id,
            }
            row = self.kept.promos.get(promo_form(entry.code))
            if (off := off_of(self.kept, row)) is not None:  # it stays off
                self._update("promo code", entry.code, off, {"most": values.pop("max_usage_count")})
            self._put("promo code", entry.code, row, PromoCode, {"code": entry.code}, values)

    def _put(
        self,
        table: str,
        key: str,
        row: Row | None,
        kind: type[Row],
        fixed: dict[str, Any],
        values: dict[str, Any],
        adopted: bool = False,
    ) -> Row:
        """`fixed` is said once, when the row is made; a row found is `adopted` where its key is new to us, which
        is no change by itself."""
        if row is None:
            row = kind(**fixed, **values)
            self.session.add(row)
            self.changes.append(CatalogueChange(Action.ADDED, table, key))
        elif adopted:
            if differing := _apply(row, values):
                self.changes.append(CatalogueChange(Action.ADOPTED, table, key, differing))
        else:
            self._update(table, key, row, values)
        return row

    def _update(self, table: str, key: str, row: Any, values: dict[str, Any]) -> None:
        if fields := _apply(row, values):
            self.changes.append(CatalogueChange(Action.UPDATED, table, key, fields))

    def _withdraw(self, table: str, rows: dict[str, Any]) -> None:
        for key, row in rows.items():
            if row.active:
                row.active = False
                self.changes.append(CatalogueChange(Action.WITHDRAWN, table, key))


def _apply(row: Any, values: dict[str, Any]) -> tuple[tuple[str, object, object], ...]:
    """Sets what differs, and says what did."""
    differing = [
        (name, getattr(row, name), value)
        for name, value in values.items()
        if not _same(name, getattr(row, name), value)
    ]
    for name, _before, value in differing:
        setattr(row, name, value)
    return tuple(differing)


def _same(name: str, before: object, after: object) -> bool:
    """Blanks around and inside a name of another application are no difference."""
    if name == "name" and isinstance(before, str) and isinstance(after, str):
        return before.split() == after.split()
    return before == after


def _columns(entry: QuestionEntry | LessonEntry | OfferEntry | ResultEntry, **others: Any) -> dict[str, Any]:
    """The entry's own fields, which are named as the columns are, and `others`; not what finds the row."""
    values = {one.name: getattr(entry, one.name) for one in fields(entry) if one.name not in KEYS_AND_PARTS}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    } | others


def _id(number: int | None) -> dict[str, int]:
    return {} if number is None else {"id": number}
