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
