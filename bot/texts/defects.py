"""What we say when the fault is ours."""

from bot.texts import _


def apology() -> str:
    return _("Something went wrong on our side, and nothing was changed. Please try again in a minute.")


def payment_not_now() -> str:
    return _("The payment can't be taken right now. No money was charged. Please try again in a minute.")
