"""Wording of courses, offers and payments."""

from typing import Protocol

from bot.texts import _, plural
from bot.texts.format import days, money, safe
from db.shop.courses import ModuleOnSale, OfferOnSale


class Orderly(Protocol):
    @property
    def product(self) -> str: ...
    @property
    def module(self) -> str: ...
    @property
    def days(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def currency(self) -> str: ...


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


def module(one: ModuleOnSale, offers: list[OfferOnSale]) -> str:
    text = f"<b>{safe(one.name)}</b>\n{safe(one.description)}".strip()
    if not offers:
        return text + "\n\n" + _("This course is not on sale right now.")
    return text + "\n\n" + _("Choose what suits you:")


def offer_line(offer: OfferOnSale) -> str:
    return _("{product}: {days} for {price}").format(
        product=offer.product, days=days(offer.days), price=money(offer.price, offer.currency)
    )


def offer(one: OfferOnSale, payable: bool) -> str:
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


def all_courses() -> str:
    return _("← All courses")


def back() -> str:
    return _("← Back")


def link_soon() -> str:
    return _("I am preparing the payment link…")


def preparing(order: Orderly) -> str:
    return _("⏳ Preparing the payment link for “{product}”…").format(product=safe(order.product))


def pay_here(order: Orderly) -> str:
    return _(
        "<b>{product}</b>, {days}: <b>{price}</b>\n\nPress the button to pay. The link works for an hour."
        " As soon as the payment arrives, access opens by itself and I tell you."
    ).format(product=safe(order.product), days=days(order.days), price=money(order.amount, order.currency))


def pay_button(amount: int, currency: str) -> str:
    return _("💳 Pay {price}").format(price=money(amount, currency))


def try_again() -> str:
    return _("Try again")


def never_created(order: Orderly) -> str:
    return _(
        "The payment service could not be reached for a day, so the order for “{product}” is closed."
        " No money was charged."
    ).format(product=safe(order.product))


def refused(order: Orderly) -> str:
    return _(
        "The payment service did not take the order for “{product}”. No money was charged, and the school knows of it."
    ).format(product=safe(order.product))
