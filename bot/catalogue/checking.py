"""A catalogue file held against itself and the shop's settings: without a database, and without what a bot needs."""

from collections.abc import Iterator
from pathlib import Path

from bot.catalogue import reading
from bot.currencies import ways
from bot.settings import SETTING_OF, Settings
from db.catalogue.entries import Catalogue
from db.catalogue.faults import Fault, at


def check_file(path: Path, settings: Settings | None) -> list[str]:
    """By itself, and against the shop's settings where they are known; a line for what may be meant and is worth a
    look. Raises CatalogueError."""
    catalogue = reading.read(path)
    if settings is not None and (lines := list(list_unpayable(catalogue, settings))):
        raise reading.CatalogueError(lines)
    return list(_unreachable(catalogue))


def _unreachable(catalogue: Catalogue) -> Iterator[str]:
    """Lessons that unlock after every access that the file sells or gives away has ended."""
    longest: dict[str, int] = {}
    modules = {product.key: product.module for product in catalogue.products}
    given = [(product.module, offer.days) for product in catalogue.products for offer in product.offers]
    for module, days in [*given, *((modules[promo.product], promo.days) for promo in catalogue.promos)]:
        longest[module] = max(days, longest.get(module, 0))
    for one in catalogue.modules:
        for lesson in one.lessons:
            days = (one.unlock_days or 0) if lesson.unlock_days is None else lesson.unlock_days
            if not lesson.preview and days >= longest.get(one.key, days + 1):
                yield (
                    f'modules "{one.key}" . lessons "{lesson.key}": unlocks {days} days after access opened, and'
                    f" no offer or promo code gives more than {longest[one.key]}: only who renews gets there"
                )


def list_unpayable(catalogue: Catalogue, settings: Settings, keys: set[str] | None = None) -> Iterator[str]:
    """A line for each offer (of these keys) in a currency that no way to pay takes as it is set up."""
    for product in catalogue.products:
        for offer in product.offers:
            key, able = f"{product.key}/{offer.key}", ways(offer.methods, offer.currency)
            if (keys is None or key in keys) and not set(able) & set(settings.payment_methods):
                needed = ", ".join(SETTING_OF[method] for method in able)
                what = Fault(
                    "no way to pay that is set up takes {currency}; it needs {settings}",
                    currency=offer.currency,
                    settings=needed,
                )
                yield at(f'offers "{key}"', what)
