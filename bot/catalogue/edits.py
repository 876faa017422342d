"""Changes of one row of the catalogue, as a chat makes them: each gives the catalogue as it would be."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from db.catalogue.entries import Catalogue, LessonEntry, ModuleEntry, OfferEntry, ProductEntry
from db.catalogue.merging import Path, edit

FIELDS = {
    "module": ("name", "description"),
    "lesson": ("title", "text"),
    "product": ("name",),
    "offer": ("price",),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the catalogue, with all that it stands in: of an offer its product and module too."""

    path: Path
    module: ModuleEntry
    lesson: LessonEntry | None = None
    product: ProductEntry | None = None
    offer: OfferEntry | None = None

    @property
    def row(self) -> ModuleEntry | LessonEntry | ProductEntry | OfferEntry:
        return self.lesson or self.offer or self.product or self.module


def find(catalogue: Catalogue, kind: str, row_id: int) -> Place | None:
    """By kind (module, lesson, product, offer) and the row's number. None where it is not there, or withdrawn."""
    found = (one for one in _places(catalogue) if _kind(one) == kind and one.row.id == row_id)
    return next(found, None)


def _places(catalogue: Catalogue) -> Iterator[Place]:
    modules = {one.key: one for one in catalogue.modules}
    for module in catalogue.modules:
        path = ("modules", module.key)
        yield Place(path, module)
        for lesson in module.lessons:
            yield Place((*path, "lessons", lesson.key), module, lesson=lesson)
    for product in catalogue.products:
        path, module = ("products", product.key), modules[product.module]
        yield Place(path, module, product=product)
        for offer in product.offers:
            yield Place((*path, "offers", offer.key), module, product=product, offer=offer)


def _kind(place: Place) -> str:
    if place.lesson is not None:
        return "lesson"
    if place.offer is not None:
        return "offer"
    return "module" if place.product is None else "product"


def products_of(catalogue: Catalogue, module: ModuleEntry) -> list[ProductEntry]:
    return [one for one in catalogue.products if one.module == module.key]


def set_field(catalogue: Catalogue, place: Place, name: str, value: Any) -> Catalogue:
    changed: dict[str, Any] = {name: value}
    return edit(catalogue, place.path, lambda row: replace(row, **changed))


def withdraw(catalogue: Catalogue, place: Place) -> Catalogue:
    """A lesson or an offer; of a product or a module, all its offers: nobody can buy it any more."""
    if place.lesson is not None:
        return _put_lessons(catalogue, place, [one for one in place.module.lessons if one != place.lesson])
    if place.offer is not None:
        return edit(catalogue, place.path, lambda _row: None)
    sold = [place.product] if place.product is not None else products_of(catalogue, place.module)
    for product in sold:
        catalogue = edit(catalogue, ("products", product.key), lambda row: replace(row, offers=()))
    return catalogue


def add_module(catalogue: Catalogue, name: str) -> Catalogue:
    """With a product of the same name, so that it can be sold at once."""
    key = _new_key("course")
    module = ModuleEntry(key, None, name, None, 0, ())
    product = ProductEntry(key, None, key, name, ())
    return replace(catalogue, modules=(*catalogue.modules, module), products=(*catalogue.products, product))


def add_product(catalogue: Catalogue, place: Place, name: str) -> Catalogue:
    product = ProductEntry(_new_key(place.module.key), None, place.module.key, name, ())
    return replace(catalogue, products=(*catalogue.products, product))


def add_lesson(catalogue: Catalogue, place: Place, title: str, text: str) -> Catalogue:
    """`text` as Telegram's HTML."""
    lesson = LessonEntry(
        key=_new_key("lesson"),
        id=None,
        title=title,
        text=text,
        media_kind=None,
        media=None,
        preview=False,
        questions=(),
    )
    return _put_lessons(catalogue, place, [*place.module.lessons, lesson])


def add_offer(catalogue: Catalogue, place: Place, days: int, price: int, currency: str) -> Catalogue:
    assert place.product is not None
    offer = OfferEntry(_new_key(f"{days}-{currency.lower()}"), None, days, price, currency, ())
    return edit(
        catalogue, ("products", place.product.key), lambda row: replace(row, offers=(*row.offers, offer))
    )


def restore_lesson(catalogue: Catalogue, place: Place, lesson: LessonEntry) -> Catalogue:
    return _put_lessons(catalogue, place, [*place.module.lessons, lesson])


def _put_lessons(catalogue: Catalogue, place: Place, lessons: Sequence[LessonEntry]) -> Catalogue:
    """What is all of a course goes with its lessons, where it is their number."""
    before = place.module.interval_count
    count = len(lessons) if before == len(place.module.lessons) else before
    path = ("modules", place.module.key)
    return edit(catalogue, path, lambda row: replace(row, lessons=tuple(lessons), interval_count=count))


def _new_key(name: str) -> str:
    """One that no row has, also none that is withdrawn: it would come back by it."""
    return f"{name[:50]}-{secrets.token_hex(3)}"
