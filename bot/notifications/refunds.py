"""What learners and admins are told of refunds."""

from bot.chat.commands import BUY, STATUS
from bot.chat.keyboards import go, rows
from bot.notifications.news import Notification, news, opened_until
from bot.texts import _
from bot.texts.format import days as in_days
from bot.texts.format import exponent, money, safe


@news
def refund_done(
    purchase_id: int,
    product: str,
    module: str,
    amount: int,
    currency: str,
    days: int,
    ends_at: str | None,
    is_open: bool,
) -> Notification:
    """`days` is how many were taken; `ends_at` is None for access without end."""
    text = _("↩️ {price} for “{product}” (payment №{id}) is returned to you.").format(
        price=money(amount, currency), product=safe(product), id=purchase_id
    )
    if currency != "XTR":
        text += " " + _("The bank may need a few days to show it.")
    access = _access(days, ends_at, is_open).format(
        days=in_days(days), module=safe(module), until=opened_until(ends_at)
    )
    buttons = rows(go(_("My access"), STATUS), None if is_open else go(_("Renew"), BUY))
    return Notification(f"{text}\n{access}", buttons)


def _access(days: int, ends_at: str | None, is_open: bool) -> str:
    if is_open and days and ends_at is not None:
        return _("With it go {days} of the module “{module}”. It is still open {until}.")
    if is_open:
        return _("The module “{module}” stays open {until}.")
    return _("The module “{module}” is closed now.")


@news
def admin_refund_done(
    purchase_id: int, user_id: int, product: str, amount: int, currency: str, days: int, asked: bool
) -> Notification:
    """`asked`: by an admin in this chat; else it was made at the provider."""
    text = _("↩️ Refund done: {price} of payment №{id}, “{product}”, account #{user}.").format(
        price=money(amount, currency), id=purchase_id, product=safe(product), user=user_id
    )
    if not asked:
        text += " " + _("It was not made here, but at the provider.")
    taken = _("Access taken: {days}.").format(days=in_days(days)) if days else _("No access was taken.")
    return Notification(f"{text}\n{taken}")


REASONS = {
    "insufficient_funds": lambda: _("there is not enough money on the shop's account"),
    "general_decline": lambda: _("the bank declined it and gave no reason"),
    "rejected_by_payee": lambda: _("the payer's bank does not take it"),
    "rejected_by_timeout": lambda: _("the bank did not answer in time"),
    "yoo_money_account_closed": lambda: _("the payer's wallet is closed"),
    "never created": lambda: _("the provider could not be reached for a day, and never made it"),
}


@news
def refund_failed(purchase_id: int | None, amount: int, currency: str, code: str, about: str) -> Notification:
    """Codes are an open set: the ones we don't know are read out with what the provider says about them."""
    known = REASONS.get(code)
    why = known() if known else f"{code} {about}".strip()
    text = _(
        "⚠️ The refund of {price} of payment №{id} did not come about: {why}. The money is where it was, and no"
        " access was taken."
    ).format(price=money(amount, currency), id=purchase_id, why=safe(why))
    again = f"/refund {purchase_id} {_written(amount, currency)}"
    return Notification(f"{text}\n" + _("Once more: {command}").format(command=f"<code>{again}</code>"))


def _written(amount: int, currency: str) -> str:
    """As `/refund` reads it."""
    whole, rest = divmod(amount, 10 ** exponent(currency))
    return f"{whole}.{rest:02d}" if rest else str(whole)
