"""What somebody has changed in a copy of the catalogue, brought onto the catalogue as it is by now.

A copy was taken (the base), changed (mine), and is loaded later, when others may have changed the catalogue (theirs).
What only one side has changed is as that side has it; what both have changed is a conflict, and as mine has it.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from db.catalogue.changes import CatalogueChange
from db.catalogue.entries import (
    Catalogue,
    LessonEntry,
    ModuleEntry,
    OfferEntry,
    ProductEntry,
    PromoEntry,
    QuestionEntry,
    ResultEntry,
    SchoolEntry,
)

Entry = TypeVar(
    "Entry",
    ModuleEntry,
    LessonEntry,
    QuestionEntry,
    ProductEntry,
    OfferEntry,
    PromoEntry,
    ResultEntry,
    SchoolEntry,
)
Path = tuple[str, ...]

NAMED_BY = {PromoEntry: "code", SchoolEntry: "language"}
PARTS = {"modules": "lessons", "lessons": "questions", "products": "offers"}


@dataclass(slots=True)
class Merge:
    """`conflicts`: paths of the rows that both sides have changed, as (modules, python, lessons, intro)."""

    catalogue: Catalogue
    conflicts: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What loading would change. `conflicts`: rows changed here and by others since the copy was taken; `based`: it is
    known from which copy the file was made, so that there may be such."""

    catalogue: Catalogue
    changes: Sequence[CatalogueChange]
    conflicts: Sequence[Path]
    based: bool

    @property
    def stamp(self) -> int:
        """Equal as long as loading would do the same."""
        return stamp_of(self.changes, self.conflicts)


def stamp_of(*said: object) -> int:
    digest = hashlib.blake2b(repr(said).encode(), digest_size=7).digest()
    return int.from_bytes(digest) + 1


def merge_catalogues(base: Catalogue, mine: Catalogue, theirs: Catalogue) -> Merge:
    merge = Merge(mine)
    tables = {
        one.name: _rows(
            (one.name,),
            getattr(base, one.name),
            getattr(mine, one.name),
            getattr(theirs, one.name),
            merge.conflicts,
        )
        for one in fields(Catalogue)
    }
    merge.catalogue = _with_named(Catalogue(**tables), theirs, merge.conflicts)
    return merge


def _with_named(merged: Catalogue, theirs: Catalogue, conflicts: list[Path]) -> Catalogue:
    """What a row that they have added names stays, though mine is without it."""
    goods = {one.key for one in merged.products}
    needed = {one.product for one in merged.promos} - goods
    products = [one for one in theirs.products if one.key in needed]
    courses = {one.key for one in merged.modules}
    needed = {one.module for one in (*merged.products, *products)} - courses
    modules = [one for one in theirs.modules if one.key in needed]
    conflicts += [("products", one.key) for one in products] + [("modules", one.key) for one in modules]
    return replace(merged, products=(*merged.products, *products), modules=(*merged.modules, *modules))


def _rows(
    place: Path,
    base: Sequence[Entry],
    mine: Sequence[Entry],
    theirs: Sequence[Entry],
    conflicts: list[Path],
) -> tuple[Entry, ...]:
    """In my order; what they have added comes behind."""
    was, wanted, there = _by_key(base), _by_key(mine), _by_key(theirs)
    merged = []
    for key, one in wanted.items():
        path = (*place, key)
        if key in there:
            merged.append(_row(path, was.get(key), one, there[key], conflicts))
        elif key not in was:
            merged.append(one)
        elif _said(one) != _said(was[key]):  # they have withdrawn it
            conflicts.append(path)
            merged.append(one)
    for key, other in there.items():
        if key in wanted:
            continue
        if key not in was:
            merged.append(other)
        elif _said(other) != _said(was[key]):  # I have withdrawn what they have changed
            conflicts.append((*place, key))
    return tuple(merged)


def _row(path: Path, was: Entry | None, one: Entry, other: Entry, conflicts: list[Path]) -> Entry:
    part = PARTS.get(path[-2])
    own, there = _said(one, part), _said(other, part)
    before = None if was is None else _said(was, part)
    kept = one
    if own != there:
        if own == before:
            kept = other
        elif there != before:
            conflicts.append(path)
    if part is None:
        return kept
    rows = _rows(
        (*path, part),
        () if was is None else getattr(was, part),
        getattr(one, part),
        getattr(other, part),
        conflicts,
    )
    parts: dict[str, Any] = {part: rows}
    return replace(kept, **parts)


def _by_key(entries: Sequence[Entry]) -> dict[str, Entry]:
    return {getattr(one, NAMED_BY.get(type(one), "key")): one for one in entries}


def _said(entry: Entry, without: str | None = None) -> dict[str, Any]:
    """What a row says; that a file names its number is no difference."""
    return {
        one.name: _deep(getattr(entry, one.name)) for one in fields(entry) if one.name not in ("id", without)
    }


def _deep(value: Any) -> Any:
    return (
        [_said(one) if hasattr(one, "__dataclass_fields__") else one for one in value]
        if isinstance(value, tuple)
        else value
    )


def edit(catalogue: Catalogue, path: Path, change: Callable[[Any], Any | None]) -> Catalogue:
    """The row of that path changed, or withdrawn where `change` gives None. Raises KeyError where it is not there."""
    table, *rest = path
    changed: dict[str, Any] = {table: _edited(getattr(catalogue, table), tuple(rest), change)}
    return replace(catalogue, **changed)


def _edited(rows: Sequence[Any], path: Path, change: Callable[[Any], Any | None]) -> tuple[Any, ...]:
    key, *rest = path
    by_key = _by_key(rows)
    row = by_key[key]
    if rest:
        part: dict[str, Any] = {rest[0]: _edited(getattr(row, rest[0]), tuple(rest[1:]), change)}
        by_key[key] = replace(row, **part)
    elif (changed := change(row)) is None:
        del by_key[key]
    else:
        by_key[key] = changed
    return tuple(by_key.values())
