"""Wording of courses, offers and products, for learners and for admins."""

from collections.abc import Sequence

from bot.texts import _, __, plural
from bot.texts.format import cut, days, money, safe
from db.shop.courses import ModuleOnSale, OfferDetails
from db.shop.offers import ProductSummary

ALL_COURSES = __("← All courses")
ALL_OFFERS = __("All offers")
ALL_PRODUCTS = __("All products")
BACK = __("← Back")
DROP = __("✖️ No, drop it")
DROPPED = __("The offer was dropped. Nothing was put on sale.")


def courses(found: list[ModuleOnSale]) -> str:
    if not found:
        return _("There are no courses yet. Please come back later.")
    lines = []
    for one in found:
        about = f" — {safe(one.description)}" if one.description else ""
        lessons = " · " + plural("{count} lesson", "{count} lessons", one.lessons) if one.lessons else ""
        lines.append(f"<b>{safe(one.name)}</b>{lessons}{about}")
    return (
        _("🎓 <b>Our courses</b>") + "\n\n" + "\n\n".join(lines) + "\n\n" + _("Choose one to see the prices:")
    )


def module(one: ModuleOnSale, offers: list[OfferDetails]) -> str:
    text = f"<b>{safe(one.name)}</b>\n{safe(one.description)}".strip()
    if not offers:
        return text + "\n\n" + _("This course is not on sale right now.")
    return text + "\n\n" + _("Choose what suits you:")


def offer_line(offer: OfferDetails) -> str:
    return _("{product}: {days} for {price}").format(
        product=offer.product, days=days(offer.days), price=money(offer.price, offer.currency)
    )


def offer(one: OfferDetails, payable: bool) -> str:
    text = _("<b>{product}</b>\nOpens “{module}” for {days}.\nPrice: <b>{price}</b>").format(
        product=safe(one.product),
        module=safe(one.module),
        days=days(one.days),
        price=money(one.price, one.currency),
    )
    return text if payable else text + "\n\n" + _("Paying is not possible right now. Please ask the school.")


def pay_by(method: str) -> str:
    match method:
        case "link":
            return _("💳 Pay by card or SBP (YooKassa)")
        case "invoice":
            return _("💳 Pay in Telegram")
        case _:
            return _("⭐ Pay with Stars")


def offer_draft(offer: OfferDetails, payable: bool) -> str:
    lines = [_("A new offer, not on sale yet:"), _terms(offer)]
    if not payable:
        lines.append(_no_way(offer))
    return "\n".join([*lines, "", _("Put it on sale at this price?")])


def offer_made(offer: OfferDetails, link: str | None, payable: bool) -> str:
    lines = [_("✅ Offer {offer} is on sale.").format(offer=f"<b>{offer.id}</b>"), _terms(offer)]
    if link is not None:
        lines.append(_("Link to it: {link}").format(link=safe(link)))
    if not payable:
        lines.append(_no_way(offer))
    return "\n".join(lines)


def _no_way(offer: OfferDetails) -> str:
    return _("⚠️ With the present settings there is no way to pay in {currency}.").format(
        currency=offer.currency
    )


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
        return title + "\n" + _("None yet: the catalogue file brings them.")
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
    return _("⏸ Withdraw {id}").format(id=offer.id)


def restore(offer: OfferDetails) -> str:
    return _("▶️ Restore {id}").format(id=offer.id)


def withdrawn(offer: OfferDetails) -> str:
    return _("Offer {id} is withdrawn. Who has a link to pay already may still use it.").format(id=offer.id)


def restored(offer: OfferDetails) -> str:
    return _("Offer {id} is on sale again.").format(id=offer.id)
