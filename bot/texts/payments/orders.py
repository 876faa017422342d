"""Wording of an order's screen: what it costs, what it opens, how it is paid, and what became of it."""

from datetime import datetime

from bot.texts import _, __
from bot.texts.format import day, days, moment, money, safe
from db.access.changes import AccessPeriod, end_after
from db.payments.attempts import AttemptDetails
from db.payments.methods import PaymentMethod
from db.payments.prices import PriceRise
from db.shop.courses import OfferDetails

LINK_SOON = __("Preparing the link…")
TRY_AGAIN = __("Try again")
CHECK = __("🔎 Check payment")
LATER = __("All right, the course will wait.")
CANCEL = __("✖️ Cancel")
PAY_ANOTHER_WAY = __("You can pay another way:")
NEVER_CREATED = __("YooKassa could not be reached for a day, so this order is closed. No money was charged.")
REFUSED = __("YooKassa did not take this order. No money was charged, and the school knows of it.")


def terms(product: str, count: int, amount: int, currency: str) -> str:
    """What was ordered, on one line."""
    return _("<b>{product}</b> · {days} · <b>{price}</b>").format(
        product=safe(product), days=days(count), price=money(amount, currency)
    )


def opens(module: str, count: int, access: AccessPeriod | None, now: datetime) -> str:
    """What it opens, and until when: from today's end to the new one."""
    course, end = safe(module), end_after(access, count, now)
    if end is None:
        return _("The course “{course}” is open to you forever: there is nothing to pay for.").format(
            course=course
        )
    if access is None or access.ends_at is None or access.ends_at <= now:
        return _("Access to “{course}” until {day}.").format(course=course, day=day(end))
    return _("The course “{course}” is open until {day} → until {later}.").format(
        course=course, day=day(access.ends_at), later=day(end)
    )


def how_to_pay(attempt: AttemptDetails, slow: bool, other_ways: bool) -> str:
    """The last lines of an open order's screen."""
    if attempt.method is not PaymentMethod.LINK:
        return _("🧾 The invoice is below: press its button to pay.")
    if attempt.link is not None:
        return _("The payment page opens in your browser. Access opens as soon as the payment arrives.")
    if not slow:
        return _("⏳ Preparing the payment link…")
    text = _("⏳ YooKassa does not answer, I keep trying. As soon as the link is there, I send it.")
    return f"{text}\n{PAY_ANOTHER_WAY}" if other_ways else text


def price_changed(before: int, offer: OfferDetails) -> str:
    """Since the order was opened that this one stands in for."""
    return _("The price has changed: {before} → {price}.").format(
        before=money(before, offer.currency), price=money(offer.price, offer.currency)
    )


def rises(rise: PriceRise, currency: str) -> str:
    return _("The price has gone up to {price}; this order keeps the old one until {time}.").format(
        price=money(rise.price, currency), time=moment(rise.at)
    )


def pay(amount: int, currency: str) -> str:
    return _("💳 Pay {price}").format(price=money(amount, currency))
