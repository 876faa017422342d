"""Wording of payment links."""

from bot.texts import _, __
from bot.texts.format import days, money, safe
from db.payments.attempts import AttemptDetails

LINK_SOON = __("I am preparing the payment link…")
TRY_AGAIN = __("Try again")


def preparing(attempt: AttemptDetails) -> str:
    return _("⏳ Preparing the payment link for “{product}”…").format(product=safe(attempt.product))


def pay_here(attempt: AttemptDetails) -> str:
    return _(
        "<b>{product}</b>, {days}: <b>{price}</b>\n\nPress the button to pay. The link works for an hour."
        " As soon as the payment arrives, access opens by itself and I tell you."
    ).format(
        product=safe(attempt.product), days=days(attempt.days), price=money(attempt.amount, attempt.currency)
    )


def pay_button(amount: int, currency: str) -> str:
    return _("💳 Pay {price}").format(price=money(amount, currency))


def never_created(attempt: AttemptDetails) -> str:
    return _(
        "The payment service could not be reached for a day, so the order for “{product}” is closed."
        " No money was charged."
    ).format(product=safe(attempt.product))


def refused(attempt: AttemptDetails) -> str:
    return _(
        "The payment service did not take the order for “{product}”. No money was charged, and the school knows of it."
    ).format(product=safe(attempt.product))
