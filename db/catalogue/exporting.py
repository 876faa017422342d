"""The database's catalogue as a file would say it: loaded again, it changes nothing."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from db.catalogue import entries
from db.catalogue.entries import Catalogue
from db.catalogue.stored import StoredCatalogue, off_of
from db.tables import Lesson, Module, Offer, Product, PromoCode, Question, Result


async def export_catalogue(session: AsyncSession) -> Catalogue:
    """Everything on sale or in use, with its ids; what is withdrawn stays out. Rows that no file has named yet get
    `module-7`, `product-7` and `offer-7` as keys. Reads only."""
    return _Export(await StoredCatalogue.read(session)).catalogue()


async def export_withdrawn_lessons(session: AsyncSession, module_id: int) -> list[entries.LessonEntry]:
    """In their order; what brings one back is adding it again."""
    stored = await StoredCatalogue.read(session)
    lessons = _in_order(stored.lessons.get(module_id, {}).values())
    return [_Export(stored).lesson(one) for one in lessons if not one.active]


Row = TypeVar("Row")
Placed = TypeVar("Placed", Lesson, Question, Result)


class _Export:
    def __init__(self, stored: StoredCatalogue) -> None:
        self._stored = stored
        self._modules = {row.id: key for key, row in stored.modules.items()}
        self._products = {row.product_id: key for key, row in stored.products.items()}

    def catalogue(self) -> Catalogue:
        stored = self._stored
        return Catalogue(
            modules=tuple(self._module(row) for row in _sorted(stored.module_rows)),
            products=tuple(self._product(row) for row in _sorted(stored.product_rows)),
            promos=tuple(
                entries.PromoEntry(row.code, self._product_key(row.product_id), row.days, self._most(row))
                for row in sorted(stored.promos.values(), key=lambda row: row.id)
                if row.id not in stored.batched
            ),
            results=tuple(
                entries.ResultEntry(row.key, row.id, row.name, row.passed, row.share)
                for row in _in_order(stored.results.values())
            ),
            school=tuple(
                entries.SchoolEntry(row.language, row.name, row.description)
                for _language, row in sorted(stored.school.items())
            ),
        )

    def _most(self, row: PromoCode) -> int:
        off = off_of(self._stored, row)
        return row.max_usage_count if off is None else off.most

    def _module(self, row: Module) -> entries.ModuleEntry:
        key = self._modules.get(row.id) or f"module-{row.id}"
        lessons = [one for one in _in_order(self._stored.lessons.get(row.id, {}).values()) if one.active]
        return entries.ModuleEntry(
            key,
            row.id,
            _on_one_line(row.name),
            row.description,
            row.interval_count,
            tuple(self.lesson(one) for one in lessons),
            **self._beside(row.id),
        )

    def _beside(self, module_id: int) -> dict[str, Any]:
        """What only the bot keeps of a module."""
        kept: dict[str, Any] = {}
        if (row := self._stored.unlocking.get(module_id)) is not None:
            kept |= {"unlock_in_order": row.in_order, "unlock_days": row.days, "unlock_at": row.at}
        if (options := self._stored.options.get(module_id)) is not None:
            kept |= {"format": options.format, "protect_content": options.protect_content}
        return kept

    def lesson(self, row: Lesson) -> entries.LessonEntry:
        questions = [one for one in _in_order(self._stored.questions.get(row.id, {}).values()) if one.active]
        return entries.LessonEntry(
            key=row.key,
            id=row.id,
            title=row.title,
            text=row.text,
            media_kind=row.media_kind,
            media=row.media,
            preview=row.preview,
            unlock_days=row.unlock_days,
            unlock_at=row.unlock_at,
            markup=row.markup,
            questions=tuple(_question(one) for one in questions),
        )

    def _product_key(self, product_id: int) -> str:
        return self._products.get(product_id) or f"product-{product_id}"

    def _product(self, row: Product) -> entries.ProductEntry:
        key = self._product_key(row.product_id)
        module = self._modules.get(row.module_id) or f"module-{row.module_id}"
        offers = [
            one for one in _sorted(self._stored.offer_rows) if one.product_id == row.product_id and one.active
        ]
        return entries.ProductEntry(
            key, row.product_id, module, _on_one_line(row.name), tuple(_offer(one, key) for one in offers)
        )


def _question(row: Question) -> entries.QuestionEntry:
    values = {one.name: getattr(row, one.name) for one in fields(entries.QuestionEntry)}
    lists: dict[str, Any] = {name: tuple(one) for name, one in values.items() if isinstance(one, list)}
    return entries.QuestionEntry(**(values | lists))


def _offer(row: Offer, product: str) -> entries.OfferEntry:
    key = (row.key or "").removeprefix(f"{product}/") or f"offer-{row.id}"
    return entries.OfferEntry(key, row.id, row.days, row.price, row.currency, tuple(row.methods))


def _on_one_line(name: str) -> str:
    """As a file can hold it: another application's may have line breaks in it, and blanks around it."""
    return " ".join(name.split())


def _sorted(rows: dict[int, Row]) -> list[Row]:
    return [rows[number] for number in sorted(rows)]


def _in_order(rows: Iterable[Placed]) -> list[Placed]:
    return sorted(rows, key=lambda row: (row.position, row.id))
