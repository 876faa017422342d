"""The shop: offers that nobody can pay as the ways to pay are set up."""

from collections.abc import Iterator

from bot.catalogue.checking import list_unpayable
from bot.doctor.finding import Area, Finding
from bot.settings import Settings
from db.catalogue.entries import Catalogue

AREA = Area("shop")


def check(settings: Settings, catalogue: Catalogue) -> Iterator[Finding]:
    wrong = list(list_unpayable(catalogue, settings))
    for line in wrong:
        yield AREA.problem(line, "set that way to pay up, or change the price or take the offer off sale")
    if not wrong and any(product.offers for product in catalogue.products):
        yield AREA.ok("each offer can be paid")
