"""What admins are told of alerts: at once, and on /admin while they are open."""

from bot.notifications.events import (
    GrantedNotPaid,
    PaidNotGranted,
    PaymentHeld,
    PaymentMismatch,
    PaymentNotCredited,
    PaymentParked,
    UpdateFailed,
)
from bot.notifications.notification import Notification
from bot.texts import _
from bot.texts.format import money, safe


def payment_mismatch(event: PaymentMismatch) -> Notification:
    return Notification(
        _(
            "⚠️ Payment <code>{payment}</code> at the provider does not agree with order №{id}: {differs}."
            " Nothing was opened. Please look at it in the provider's dashboard."
        ).format(payment=safe(event.subject), id=event.purchase_id, differs=safe(event.differs))
    )


def payment_parked(event: PaymentParked) -> Notification:
    why = {
        "payload": _("its invoice is not known to us"),
        "amount": _("its amount is not the order's"),
        "metadata": _("no order of ours bears it"),
        "refused": _("its access can't be opened"),
    }.get(event.reason, safe(event.reason))
    text = _(
        "⚠️ A payment nobody claims: {price}, <code>{payment}</code> ({why}). It is parked and no access was"
        " opened. /admin shows it, there you can assign it."
    ).format(price=money(event.amount, event.currency), payment=safe(event.subject), why=why)
    if event.telegram_id:
        text += _("\nPaid by Telegram id {id}.").format(id=event.telegram_id)
    return Notification(text)


def payment_held(event: PaymentHeld) -> Notification:
    return Notification(
        _(
            "⚠️ Payment №{id} is only held at the provider (waiting for capture). Please look at its dashboard."
        ).format(id=safe(event.subject))
    )


def payment_not_credited(event: PaymentNotCredited) -> Notification:
    return Notification(
        _(
            "⚠️ Payment №{id} of {price} is paid, but its days can't be given: no access ends after the year 9000."
            " Please look at that access with /revoke, or return the money with the provider. I try again by myself."
        ).format(id=safe(event.subject), price=money(event.amount, event.currency))
    )


def paid_not_granted(event: PaidNotGranted) -> Notification:
    text = _("⚠️ Payment №{id} is paid, but no access was opened for it.")
    return Notification(text.format(id=safe(event.subject)))


def granted_not_paid(event: GrantedNotPaid) -> Notification:
    text = _("⚠️ Order №{id} is not paid, but access was opened for it.")
    return Notification(text.format(id=safe(event.subject)))


def update_failed(event: UpdateFailed) -> Notification:
    return Notification(
        _("⚠️ A payment message from Telegram could not be handled and is tried again: {error}").format(
            error=safe(event.error[:300])
        )
    )
