"""Alarms of money: what the admins read, and the one word to the payer whose money is looked into."""

from bot.notifications.news import Notification, news
from bot.texts import _
from bot.texts.format import money, safe


@news
def payment_parked(
    subject: str, amount: int, currency: str, reason: str, telegram_id: int | None = None
) -> Notification:
    why = {
        "payload": _("its invoice is not known to us"),
        "amount": _("its amount is not the order's"),
        "metadata": _("no order of ours bears it"),
        "refused": _("its access can't be opened"),
    }.get(reason, safe(reason))
    text = _(
        "⚠️ A payment nobody claims: {price}, <code>{payment}</code> ({why}). It is parked and no access was"
        " opened. /admin shows it, there you can assign it."
    ).format(price=money(amount, currency), payment=safe(subject), why=why)
    return Notification(
        text + (_("\nPaid by Telegram id {id}.").format(id=telegram_id) if telegram_id else "")
    )


@news
def payment_looked_into(amount: int, currency: str, support: str | None) -> Notification:
    text = _(
        "Your payment of {price} has arrived, but I could not open your access by myself. Nothing is lost:"
        " the school has been told and will see to it."
    ).format(price=money(amount, currency))
    return Notification(
        text + ("\n" + _("Questions: {contact}").format(contact=safe(support)) if support else "")
    )


@news
def second_charge(purchase_id: int, user_id: int, product: str, amount: int, currency: str) -> Notification:
    return Notification(
        _(
            "ℹ️ A second payment on one order: {price} for “{product}” by account #{user}. It was credited as"
            " payment №{id}, with its own days."
        ).format(price=money(amount, currency), product=safe(product), user=user_id, id=purchase_id)
    )


@news
def paid_not_granted(subject: str) -> Notification:
    return Notification(
        _("⚠️ Payment №{id} is paid, but no access was opened for it.").format(id=safe(subject))
    )


@news
def granted_not_paid(subject: str) -> Notification:
    return Notification(
        _("⚠️ Order №{id} is not paid, but access was opened for it.").format(id=safe(subject))
    )


@news
def payment_not_credited(subject: str, amount: int, currency: str) -> Notification:
    return Notification(
        _(
            "⚠️ Payment №{id} of {price} is paid, but its days can't be given: no access ends after the year 9000."
            " Please look at that access with /revoke, or return the money with the provider. I try again by myself."
        ).format(id=safe(subject), price=money(amount, currency))
    )


@news
def payment_held(subject: str) -> Notification:
    return Notification(
        _(
            "⚠️ Payment №{id} is only held at the provider (waiting for capture). Please look at its dashboard."
        ).format(id=safe(subject))
    )


@news
def update_failed(subject: str, error: str) -> Notification:
    return Notification(
        _("⚠️ A payment message from Telegram could not be handled and is tried again: {error}").format(
            error=safe(error[:300])
        )
    )
