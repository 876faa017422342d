"""How an offer can be paid: by its currency and price, what it allows, and the settings."""

from sqlalchemy.ext.asyncio import AsyncSession

from bot.currencies import takes, untaken, ways
from bot.settings import SETTING_OF, Settings
from db.errors import CurrencyNotTaken, PriceNotTaken
from db.payments.attempts import AttemptDetails
from db.payments.methods import PaymentMethod, Way
from db.shop import courses
from db.shop.courses import OfferDetails
from db.tables import Attempt


def payment_methods(offer: OfferDetails, settings: Settings) -> list[PaymentMethod]:
    return [
        method
        for method in ways(offer.methods, offer.currency)
        if method in settings.payment_methods and takes(method, offer.price, offer.currency)
    ]


def check_price(offer: OfferDetails, settings: Settings) -> None:
    """Raises CurrencyNotTaken where no way that is set up takes the currency, PriceNotTaken where none takes that."""
    if payment_methods(offer, settings):
        return
    able = ways(offer.methods, offer.currency)
    ready = [method for method in able if method in settings.payment_methods]
    refused = untaken(ready, offer.price, offer.currency) if ready else None
    if refused is None:
        raise CurrencyNotTaken(offer.currency, tuple(SETTING_OF[method] for method in able))
    raise PriceNotTaken(offer.price, offer.currency, refused.least, refused.most)


def ways_of(offer: OfferDetails, settings: Settings) -> list[Way]:
    return [Way(offer.id, method, offer.price, offer.currency) for method in payment_methods(offer, settings)]


async def list_ways(session: AsyncSession, settings: Settings, product_id: int, days: int) -> list[Way]:
    """All ways to buy the product for so many days, in whatever currency."""
    offers = await courses.list_same_terms(session, product_id, days)
    return [way for offer in offers for way in ways_of(offer, settings)]


async def list_other_ways(
    session: AsyncSession, settings: Settings, tried: Attempt | AttemptDetails, product_id: int, days: int
) -> list[Way]:
    """All but the one that was tried."""
    ways = await list_ways(session, settings, product_id, days)
    return [way for way in ways if (way.offer_id, way.method) != (tried.offer_id, tried.method)]
