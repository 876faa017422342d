"""Wording of courses and what they cost."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts import _, __, plural
from bot.texts.format import day, days, label, money, safe
from db.access.changes import AccessPeriod, end_after
from db.payments.methods import XTR, Way
from db.shop.courses import ModuleOnSale, OfferDetails

SEE_COURSES = __("🎓 Courses")
ALL_COURSES = __("← All courses")
ALL_OFFERS = __("All offers")
BACK = __("← Back")


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
