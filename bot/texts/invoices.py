"""Wording of Telegram's invoices, with Telegram's limits (facts C1): title 32, description 255."""

from bot.texts import _
from bot.texts.format import days, money
from db.payments.telegram import Verdict

MOST_TITLE = 32
MOST_DESCRIPTION = 255


def title(product: str) -> str:
    return product if len(product) <= MOST_TITLE else product[: MOST_TITLE - 1] + "…"


def description(product: str, module: str, count: int) -> str:
    text = _("{product}: opens “{module}” for {days}").format(
        product=product, module=module, days=days(count)
    )
    return text if len(text) <= MOST_DESCRIPTION else text[: MOST_DESCRIPTION - 1] + "…"


def pay(amount: int, currency: str) -> str:
    return _("Pay {price}").format(price=money(amount, currency))


def refusal(verdict: Verdict) -> str:
    match verdict:
        case Verdict.FOREIGN:
            return _("This invoice was made for somebody else. Please order your own: /buy")
        case Verdict.CHANGED:
            return _("The price has changed since. Please order again: /buy")
        case Verdict.CLOSED:
            return _("This order is paid or closed already. Please order again: /buy")
        case _:
            return _("This invoice is not known to us. Please order again: /buy")
