"""Wording of offers and products, for admins."""

from collections.abc import Sequence

from bot.texts import _, __
from bot.texts.format import cut, days, label, money, safe
from db.shop.courses import OfferDetails
from db.shop.offers import ProductSummary

NEW = __("➕ New offer")
ALL_OFFERS = __("All offers")
ALL_PRODUCTS = __("🛍 Products")
DROP = __("✖️ No, drop it")
DROPPED = __("The offer was dropped. Nothing was put on sale.")
WITHDRAW = __("⏸ Take it off sale")
ASK_PRODUCT = __("What is sold?")
NO_PRODUCTS = __("There are no products yet: /catalog adds them.")
ASK_DAYS = __("For how many days? Choose, or send a number.")
ASK_PRICE = __("At which price? Send it with its currency, such as 990 RUB or 500 XTR (Stars).")


def offer_draft(offer: OfferDetails, twins: Sequence[OfferDetails]) -> str:
    """`twins`: what is on sale for as many days already."""
    lines = [_("A new offer, not on sale yet:"), _terms(offer), ""]
    if twins:
        prices = ", ".join(money(one.price, one.currency) for one in twins)
        lines.append(
            _("⚠️ On sale for as many days already: {prices}. Both would be shown.").format(prices=prices)
        )
    return "\n".join([*lines, _("Put it on sale at this price?")])


def offer_made(offer: OfferDetails, link: str | None) -> str:
    lines = [_("✅ Offer {offer} is on sale.").format(offer=f"<b>{offer.id}</b>"), _terms(offer)]
    if link is not None:
        lines.append(_("Link to it: {link}").format(link=safe(link)))
    return "\n".join(lines)


def sell(offer: OfferDetails) -> str:
    return _("✅ Put on sale: {price}").format(price=money(offer.price, offer.currency))


def offers(offers: Sequence[OfferDetails], total: int) -> str:
    title = "<b>" + _("Offers: {total}").format(total=total) + "</b>"
    if not offers:
        return title + "\n" + _("None yet. /offer makes one.")
    return title + "\n\n" + "\n".join(_line(offer) for offer in offers)


def _line(offer: OfferDetails) -> str:
    mark = "🟢" if offer.active else "⏸"
    line = f"{mark} <b>{offer.id}</b> · {_terms(offer)}"
    return line if offer.active else line + " " + _("(withdrawn)")


def _terms(offer: OfferDetails) -> str:
    return _("“{module}” → {product}: {days} for {price}").format(
        module=cut(offer.module),
        product=cut(offer.product),
        days=days(offer.days),
        price=money(offer.price, offer.currency),
    )


def products(goods: Sequence[ProductSummary], total: int) -> str:
    """With the ids that other commands ask for."""
    title = "<b>" + _("Products: {total}").format(total=total) + "</b>"
    if not goods:
        return title + "\n" + _("None yet. Load a catalogue: <code>main.py catalog load</code>")
    return (
        title
        + "\n"
        + "\n".join(
            _("{id} · {product} (opens “{module}”)").format(
                id=f"<b>{one.id}</b>", product=cut(one.name), module=cut(one.module)
            )
            for one in goods
        )
    )


def withdraw(offer: OfferDetails) -> str:
    return label(f"⏸ {offer.product}", _tail(offer))


def restore(offer: OfferDetails) -> str:
    return label(f"🟢 {offer.product}", _tail(offer))


def ask_product(found: Sequence[ProductSummary], problem: str) -> str:
    lines = [problem, ""] if problem else []
    return "\n".join([*lines, _title(), str(ASK_PRODUCT if found else NO_PRODUCTS)])


def ask_terms(product: str, count: int | None, problem: str) -> str:
    """For how many days, or, where that is known, at which price."""
    lines = [problem, ""] if problem else []
    lines += [_title(), _("Product: {product}").format(product=cut(product, 80))]
    if count is not None:
        lines.append(_("Days: {days}").format(days=count))
    return "\n".join([*lines, "", str(ASK_DAYS if count is None else ASK_PRICE)])


def _title() -> str:
    return f"<b>{NEW}</b>"


def ask_withdraw(offer: OfferDetails) -> str:
    return _terms(offer) + "\n\n" + _("Take it off sale? It can be put back at any time.")


def _tail(offer: OfferDetails) -> str:
    return f" · {days(offer.days)} · {money(offer.price, offer.currency)}"


def withdrawn(offer: OfferDetails) -> str:
    return _("Offer {id} is withdrawn. Who has a link to pay already may still use it.").format(id=offer.id)


def restored(offer: OfferDetails) -> str:
    return _("Offer {id} is on sale again.").format(id=offer.id)
