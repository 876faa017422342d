"""Wording of Telegram's invoices, within Telegram's limits (docs/facts.md#invoices)."""

from bot.texts import _
from bot.texts.format import days, money
from db.payments.telegram import PreCheckoutVerdict

MAX_TITLE = 32
MAX_DESCRIPTION = 255


def title(product: str) -> str:
    return product if len(product) <= MAX_TITLE else product[: MAX_TITLE - 1] + "…"


def description(product: str, count: int) -> str:
    """Says what the title does not; the whole name where that has no place for it."""
    text = _("Access for {days}").format(days=days(count))
    text = text if len(product) <= MAX_TITLE else f"{product}: {text}"
    return text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 1] + "…"


def pay(amount: int, currency: str) -> str:
    return _("Pay {price}").format(price=money(amount, currency))


def refusal(verdict: PreCheckoutVerdict) -> str:
    match verdict:
        case PreCheckoutVerdict.FOREIGN:
            return _("This invoice was made for somebody else. Please order your own: /buy")
        case PreCheckoutVerdict.CHANGED:
            return _("The price has changed since. Please order again: /buy")
        case PreCheckoutVerdict.CLOSED:
            return _("This order is paid or closed already. Please order again: /buy")
        case _:
            return _("I do not know this invoice. Please order again: /buy")
