"""A copy of the catalogue that comes back, and what others have changed meanwhile."""

from dataclasses import replace

from bot.catalogue.reading import parse
from db.catalogue.entries import Catalogue, PromoEntry
from db.catalogue.merging import edit, merge_catalogues
from tests.db.catalogue.file import SMALL

BASE = parse(SMALL)


def renamed(catalogue: Catalogue, name: str) -> Catalogue:
    return edit(catalogue, ("modules", "python"), lambda row: replace(row, name=name))


def test_what_one_side_has_changed_is_as_that_side_has_it() -> None:
    theirs = edit(BASE, ("modules", "python", "lessons", "two"), lambda _row: None)
    merged = merge_catalogues(BASE, renamed(BASE, "Python 3"), theirs)
    assert merged.conflicts == []
    assert merged.catalogue == renamed(theirs, "Python 3")


def test_what_both_have_changed_is_a_conflict_and_mine() -> None:
    merged = merge_catalogues(BASE, renamed(BASE, "Mine"), renamed(BASE, "Theirs"))
    assert merged.conflicts == [("modules", "python")]
    assert merged.catalogue == renamed(BASE, "Mine")


def test_what_they_have_named_meanwhile_stays_though_i_have_dropped_it() -> None:
    mine = replace(BASE, modules=(), products=(), promos=())
    theirs = replace(BASE, promos=(*BASE.promos, PromoEntry("NEW", "course", 7, 1)))
    merged = merge_catalogues(BASE, mine, theirs)
    assert [one.key for one in merged.catalogue.products] == ["course"]
    assert [one.key for one in merged.catalogue.modules] == ["python"]
    assert ("products", "course") in merged.conflicts
