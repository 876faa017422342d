"""A catalogue file held against itself and the shop's settings: without a database, and without what a bot needs."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from bot.catalogue import reading
from bot.catalogue.tables import price_not_taken
from bot.currencies import untaken, ways
from bot.settings import SETTING_OF, Settings
from db.catalogue.entries import Catalogue
from db.catalogue.faults import Fault, at
from db.payments.methods import PaymentMethod


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


def list_unpayable(
    catalogue: Catalogue,
    settings: Settings,
    keys: Collection[str] | None = None,
    priced: Collection[str] = (),
) -> Iterator[str]:
    """A line for each offer (of these keys) whose currency, or whose price, no way to pay takes as it is set up. Of the
    `priced` ones only the price counts, and where a way is set up: a shop that has lost its ways may go on changing
    prices."""
    for product in catalogue.products:
        for offer in product.offers:
            key, able = f"{product.key}/{offer.key}", ways(offer.methods, offer.currency)
            ready = [method for method in able if method in settings.payment_methods]
            asked = keys is None or key in keys
            if asked and not ready:
                yield at(f'offers "{key}"', _no_way(offer.currency, able))
            elif (
                ready and (asked or key in priced) and (limits := untaken(ready, offer.price, offer.currency))
            ):
                yield at(f'offers "{key}"', price_not_taken(limits, offer.currency))


def _no_way(currency: str, able: Sequence[PaymentMethod]) -> Fault:
    return Fault(
        "no way to pay that is set up takes {currency}; it needs {settings}",
        currency=currency,
        settings=", ".join(SETTING_OF[method] for method in able),
    )
