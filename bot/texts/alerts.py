"""Wording of the admins' alerts and of parked payments."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts import _, __
from bot.texts.format import label, moment, money, person, safe
from db.accounts.people import AccountSummary
from db.shop.courses import OfferDetails
from db.tables import ParkedPayment

NOTHING = __("✅ Nothing needs your attention.")
ASSIGN_USAGE = __("Please send WHO and the offer's number, like this: <code>anna@example.com 3</code>")

# Lists of the providers, and parts of reconciliation, by the names they are stored by.
SOURCES = {
    "YooKassa payments": __("payments of YooKassa"),
    "YooKassa refunds": __("refunds of YooKassa"),
    "Stars": __("Stars"),
}
PARTS = {
    "open payments": __("payments under way"),
    "succeeded payments": __("payments"),
    "pending refunds": __("refunds under way"),
    "refunds": __("refunds"),
    "Stars": __("Stars"),
    "books": __("payments and access"),
}
# As the history calls what was resolved.
TITLES = {
    "payment_mismatch": __("a payment that does not agree with its order"),
    "payment_parked": __("a payment nobody claims"),
    "payment_held": __("money that the bank has only frozen"),
    "payment_not_credited": __("paid, but the days can't be given"),
    "paid_not_granted": __("paid, but no access"),
    "granted_not_paid": __("access without a payment"),
    "access_unexplained": __("access that was changed by hand"),
    "update_failed": __("a payment message that was not handled"),
    "item_unreadable": __("an entry of the provider that can't be read"),
    "payment_unknown": __("a payment whose end is not known"),
    "refund_unknown": __("a refund whose end is not known"),
    "refund_failed": __("a refund that did not come about"),
    "refund_mismatch": __("a refund that does not agree with its payment"),
    "reconciliation_failed": __("payments not compared with the provider"),
    "provider_refused": __("YooKassa takes no payments"),
    "callbacks_turned_away": __("too many notices of unknown payments"),
    "invoice_refused": __("Telegram takes no payments"),
    "media_refused": __("a lesson's file that is not shown"),
    "message_refused": __("a message that Telegram does not take"),
    "mail_not_going": __("letters that don't go out"),
    "mail_unknown": __("a letter that may not have arrived"),
}


def alerts(open_ones: Sequence[tuple[str, datetime]], unclaimed: Sequence[ParkedPayment]) -> str:
    """`open_ones`: the wording of each alert, and when it was raised."""
    if not open_ones and not unclaimed:
        return str(NOTHING)
    lines = [
        f"<b>{number}.</b> {text}\n<i>{moment(raised_at)}</i>"
        for number, (text, raised_at) in enumerate(open_ones, 1)
    ]
    lines += [payment(one) for one in unclaimed]
    return "\n\n".join(lines)


def payment(one: ParkedPayment) -> str:
    text = _("💸 {price}, {moment}, <code>{payment}</code>").format(
        price=money(one.amount, one.currency), moment=moment(one.paid_at), payment=safe(one.payment_id)
    )
    return text + (_(", paid by Telegram id {id}").format(id=one.telegram_id) if one.telegram_id else "")


def assign_button(one: ParkedPayment) -> str:
    return _("Assign {price}").format(price=money(one.amount, one.currency))


def card_button(number: int, who: AccountSummary) -> str:
    return label(f"👤 {number} · {who.name or who.email or '—'}")


def dismiss_button(number: int) -> str:
    return _("✅ {number}: resolved").format(number=number)


def ask_whom(one: ParkedPayment) -> str:
    return (
        payment(one)
        + "\n\n"
        + _(
            "Whose payment is it, and for which offer? Send WHO and the offer's number, like this:\n"
            "<code>anna@example.com 3</code>\nOffers and their numbers: /offers. /cancel stops this."
        )
    )


def assigned(offer: OfferDetails, who: AccountSummary) -> str:
    return _(
        "Assigned to {person} for “{product}”. I ask the provider now; as soon as it confirms, access opens."
    ).format(person=person(who), product=safe(offer.product))
