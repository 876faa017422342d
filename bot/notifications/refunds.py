"""What learners and admins are told of refunds."""

from bot.chat.admin_buttons import RefundPurchase, ShowPerson
from bot.chat.commands import BUY, STATUS
from bot.chat.keyboards import go_below, press, rows
from bot.currencies import exponent
from bot.notifications.alert_events import RefundFailed
from bot.notifications.events import RefundDone
from bot.notifications.notification import Notification
from bot.notifications.payer_events import AdminRefundDone
from bot.texts import _, __
from bot.texts.accounts import people as people_words
from bot.texts.format import fill, money, named, safe
from db.payments.methods import XTR


def refund_done(event: RefundDone) -> Notification:
    text = fill(_("↩️ {price} for “{product}” is returned to you."), event)
    if event.currency != XTR:
        text += " " + _("The bank may need a few days to show it.")
    access = fill(_access(event), event)
    if event.void:
        access += "\n" + fill(_("The certificate of this course is not valid any more: {void}."), event)
    buttons = rows(go_below(_("My access"), STATUS), None if event.is_open else go_below(_("Renew"), BUY))
    return Notification(f"{text}\n{access}", buttons)


def _access(event: RefundDone) -> str:
    if event.is_open and event.days and event.ends_at is not None:
        return _("Your access to “{module}” is shorter by {days}: open {until}.")
    if event.is_open:
        return _("“{module}” stays open {until}.")
    return _("“{module}” is closed now.")


def admin_refund_done(event: AdminRefundDone) -> Notification:
    text = fill(
        _("↩️ Refund done: {price} of payment #{purchase_id}, “{product}”, account #{user_id}."), event
    )
    if not event.asked:
        text += " " + _("It was not made here, but at the provider.")
    taken = fill(_("Access is shorter by {days}.") if event.days else _("No access was taken."), event)
    who = named(event.payer, event.email, event.username, event.user_id)
    card = press(people_words.PAGES[0], ShowPerson(id=event.user_id, stays=True))
    return Notification(f"{text}\n{who}\n{taken}", rows(card))


REASONS = {
    "insufficient_funds": __("there is not enough money on the shop's account"),
    "general_decline": __("the bank declined it and gave no reason"),
    "rejected_by_payee": __("the payer's bank does not take it"),
    "rejected_by_timeout": __("the bank did not answer in time"),
    "yoo_money_account_closed": __("the payer's wallet is closed"),
    "never created": __("the provider could not be reached for a day, and never made it"),
}


def refund_failed(event: RefundFailed) -> Notification:
    """Codes are an open set: an unknown one is shown with the provider's own words."""
    why = str(REASONS.get(event.code, f"{event.code} {event.about}".strip()))
    text = _(
        "⚠️ The refund of {price} of payment #{id} did not come about: {why}. "
        "The money is where it was, and no access was taken."
    ).format(price=money(event.amount, event.currency), id=event.purchase_id or "?", why=safe(why))
    if event.purchase_id is None:
        return Notification(text)
    again = f"/refund {event.purchase_id} {_written(event.amount, event.currency)}"
    text += "\n" + _("Once more: {command}").format(command=f"<code>{again}</code>")
    return Notification(text, rows(press(people_words.RETURN, RefundPurchase(purchase=event.purchase_id))))


def _written(amount: int, currency: str) -> str:
    """As `/refund` reads it."""
    whole, rest = divmod(amount, 10 ** exponent(currency))
    return f"{whole}.{rest:02d}" if rest else str(whole)
