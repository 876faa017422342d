"""Wording of payment links."""

from bot.texts import _, __
from bot.texts.format import days, money, safe
from db.payments.purchases import AttemptDetails

LINK_SOON = __("I am preparing the payment link…")
TRY_AGAIN = __("Try again")


def preparing(order: AttemptDetails) -> str:
    return _("⏳ Preparing the payment link for “{product}”…").format(product=safe(order.product))


def pay_here(order: AttemptDetails) -> str:
    return _(
        "<b>{product}</b>, {days}: <b>{price}</b>\n\nPress the button to pay. The link works for an hour."
        " As soon as the payment arrives, access opens by itself and I tell you."
    ).format(product=safe(order.product), days=days(order.days), price=money(order.amount, order.currency))


def pay_button(amount: int, currency: str) -> str:
    return _("💳 Pay {price}").format(price=money(amount, currency))


def never_created(order: AttemptDetails) -> str:
    return _(
        "The payment service could not be reached for a day, so the order for “{product}” is closed."
        " No money was charged."
    ).format(product=safe(order.product))


def refused(order: AttemptDetails) -> str:
    return _(
        "The payment service did not take the order for “{product}”. No money was charged, and the school knows of it."
    ).format(product=safe(order.product))
