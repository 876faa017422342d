"""Wording of courses, offers and products, for learners and for admins."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts import _, __, plural
from bot.texts.format import cut, day, days, label, money, safe
from db.access.changes import AccessPeriod, end_after
from db.payments.methods import XTR, Way
from db.shop.courses import ModuleOnSale, OfferDetails
from db.shop.offers import ProductSummary

SEE_COURSES = __("🎓 Courses")
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
    return _("🎓 <b>Courses</b>") + "\n\n" + "\n\n".join(lines) + "\n\n" + _("Choose one to see the prices:")


def module(
    one: ModuleOnSale, offers: Sequence[OfferDetails], access: AccessPeriod | None, now: datetime
) -> str:
    """A course with what its terms lead to; `access` is what the reader has of it."""
    parts = [f"<b>{safe(one.name)}</b>\n{safe(one.description)}".strip()]
    if access is not None and access.ends_at is None:
        return "\n\n".join([*parts, _("✅ Open to you forever.")])
    if access is not None and access.ends_at is not None:
        open_now = access.ends_at > now
        until = _("Open until {day}.") if open_now else _("Was open until {day}.")
        parts.append(until.format(day=day(access.ends_at)))
    if not offers:
        parts.append(_("This course is not on sale right now."))
    elif access is not None:
        parts.append(_("For how much longer?") + "\n" + "\n".join(_ends(offers, access, now)))
    else:
        parts.append(_("For how long?"))
    return "\n\n".join(parts)


def _ends(offers: Sequence[OfferDetails], access: AccessPeriod, now: datetime) -> list[str]:
    """Where each number of days leads, once."""
    counts = dict.fromkeys(offer.days for offer in offers)
    ends = ((count, end_after(access, count, now)) for count in counts)
    return [_("+{days} → until {day}").format(days=days(count), day=day(end)) for count, end in ends if end]


def offer_line(offer: OfferDetails) -> str:
    """Fits a phone's button; the course stands above it."""
    return f"{days(offer.days)} · {money(offer.price, offer.currency)}"


def offer_lines(offers: Sequence[OfferDetails]) -> list[str]:
    """A label for each; where several products open the course, what differs stands first."""
    lines = [offer_line(offer) for offer in offers]
    if len({offer.product for offer in offers}) < 2:
        return lines
    return [
        label(
            f"{offer.product[:14].rstrip()} · {line}"
            if lines.count(line) > 1
            else f"{line} · {offer.product}"
        )
        for offer, line in zip(offers, lines, strict=True)
    ]


NOT_PAYABLE = __("Paying is not possible right now. Please ask the school.")
GONE = __("These terms are no longer on offer. Here is what there is now:")


def pay_by(method: str) -> str:
    match method:
        case "link":
            return _("💳 By card or SBP")
        case "invoice":
            return _("💳 By card in Telegram")
        case _:
            return _("⭐ With Stars")


def pay_with(way: Way) -> str:
    return f"{pay_by(way.method)} · {money(way.price, way.currency)}"


def pay(way: Way) -> str:
    """The one button of terms that can't be paid by a link."""
    sign = "⭐" if way.currency == XTR else "💳"
    return f"{sign} " + _("Pay {price}").format(price=money(way.price, way.currency))


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


def _tail(offer: OfferDetails) -> str:
    return f" · {days(offer.days)} · {money(offer.price, offer.currency)}"


def withdrawn(offer: OfferDetails) -> str:
    return _("Offer {id} is withdrawn. Who has a link to pay already may still use it.").format(id=offer.id)


def restored(offer: OfferDetails) -> str:
    return _("Offer {id} is on sale again.").format(id=offer.id)
