"""Wording of offers and products as admins keep them."""

from collections.abc import Sequence

from bot.texts import _
from bot.texts.format import days, money, safe
from bot.texts.people import short
from db.shop.offers import OfferSummary, ProductSummary


def made(offer: OfferSummary, link: str | None, payable: bool) -> str:
    lines = [_("✅ Offer {offer} is on sale.").format(offer=f"<b>{offer.id}</b>"), _terms(offer)]
    if link is not None:
        lines.append(_("Link to it: {link}").format(link=safe(link)))
    if not payable:
        lines.append(
            _("⚠️ With the present settings there is no way to pay in {currency}.").format(
                currency=offer.currency
            )
        )
    return "\n".join(lines)


def _terms(offer: OfferSummary) -> str:
    return _("“{module}” → {product}: {days} for {price}").format(
        module=short(offer.module),
        product=short(offer.product),
        days=days(offer.days),
        price=money(offer.price, offer.currency),
    )


def listed(offers: Sequence[OfferSummary], total: int) -> str:
    title = "<b>" + _("Offers: {total}").format(total=total) + "</b>"
    if not offers:
        return title + "\n" + _("None yet. /offer makes one.")
    return title + "\n\n" + "\n".join(_line(offer) for offer in offers)


def _line(offer: OfferSummary) -> str:
    mark = "🟢" if offer.active else "⏸"
    line = f"{mark} <b>{offer.id}</b> · {_terms(offer)}"
    return line if offer.active else line + " " + _("(withdrawn)")


def products(goods: Sequence[ProductSummary], total: int) -> str:
    """With the ids that other commands ask for."""
    title = "<b>" + _("Products: {total}").format(total=total) + "</b>"
    if not goods:
        return title + "\n" + _("None yet: the catalogue file brings them.")
    return (
        title
        + "\n"
        + "\n".join(
            _("{id} · {product} (opens “{module}”)").format(
                id=f"<b>{one.id}</b>", product=short(one.name), module=short(one.module)
            )
            for one in goods
        )
    )


def withdraw(offer: OfferSummary) -> str:
    return _("⏸ Withdraw {id}").format(id=offer.id)


def restore(offer: OfferSummary) -> str:
    return _("▶️ Restore {id}").format(id=offer.id)


def all_products() -> str:
    return _("All products")


def all_offers() -> str:
    return _("All offers")


def withdrawn(offer: OfferSummary) -> str:
    return _("Offer {id} is withdrawn. Who has a link to pay already may still use it.").format(id=offer.id)


def restored(offer: OfferSummary) -> str:
    return _("Offer {id} is on sale again.").format(id=offer.id)
