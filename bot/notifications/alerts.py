"""What admins are told of alerts: at once, and on /admin while they are open."""

from dataclasses import replace

from bot.chat.admin_buttons import ShowPerson
from bot.chat.buttons import ShowAlerts
from bot.chat.keyboards import press, rows
from bot.notifications import alert_events as events
from bot.notifications.events import AlertEvent
from bot.notifications.notification import Notification
from bot.texts import _
from bot.texts import stats as stats_words
from bot.texts.accounts import people as people_words
from bot.texts.format import money, named, safe


def complete(event: AlertEvent, worded: Notification) -> Notification:
    """With whom it is about, and where to go from it."""
    card = None
    text = worded.text
    if event.user_id is not None:
        text += "\n" + named(event.payer, event.email, event.username, event.user_id)
        card = press(people_words.PAGES[0], ShowPerson(id=event.user_id, stays=True))
    return replace(worded, text=text, keyboard=rows(card, press(stats_words.ALERTS, ShowAlerts())))


def payment_mismatch(event: events.PaymentMismatch) -> Notification:
    return Notification(
        _(
            "⚠️ Payment <code>{payment}</code> at the provider does not agree with "
            "order #{id}: {differs}. Nothing was opened. Please look at it in the "
            "provider's dashboard."
        ).format(payment=safe(event.subject), id=event.purchase_id, differs=safe(event.differs))
    )


def payment_parked(event: events.PaymentParked) -> Notification:
    why = {
        "payload": _("its invoice is not known to us"),
        "amount": _("its amount is not the order's"),
        "metadata": _("no order of ours bears it"),
        "deleted": _("whoever paid has deleted the account"),
        "refused": _("its access can't be opened"),
    }.get(event.reason, safe(event.reason))
    text = _(
        "⚠️ A payment nobody claims: {price}, <code>{payment}</code> ({why}). No access was opened. Press the"
        " button below: there you say whose it is."
    ).format(price=money(event.amount, event.currency), payment=safe(event.subject), why=why)
    if event.telegram_id:
        text += _("\nPaid by Telegram id {id}.").format(id=event.telegram_id)
    return Notification(text)


def payment_held(event: events.PaymentHeld) -> Notification:
    return Notification(
        _(
            "⚠️ The bank has only frozen the money of payment #{id} (waiting for "
            "capture). Please confirm it in the provider's dashboard."
        ).format(id=safe(event.subject))
    )


def payment_not_credited(event: events.PaymentNotCredited) -> Notification:
    return Notification(
        _(
            "⚠️ Payment #{id} of {price} is paid, but its days can't be given: no "
            "access ends after the year 9000. Please shorten that access on the "
            "person's card, or return the money. I try again by myself."
        ).format(id=safe(event.subject), price=money(event.amount, event.currency))
    )


def paid_not_granted(event: events.PaidNotGranted) -> Notification:
    text = _(
        "⚠️ Payment #{id} is paid, but no access was opened for it. Please give the days on the person's card, or"
        " return the money."
    )
    return Notification(text.format(id=safe(event.subject)))


def granted_not_paid(event: events.GrantedNotPaid) -> Notification:
    text = _(
        "⚠️ Order #{id} is not paid, but access was opened for it. Please look at the payment at the provider; the"
        " access can be shortened on the person's card."
    )
    return Notification(text.format(id=safe(event.subject)))


def access_unexplained(event: events.AccessUnexplained) -> Notification:
    return Notification(
        _(
            "⚠️ Access of account #{user} to “{module}” does not end when its last recorded change says."
            " Somebody has changed the database by hand, or it is a defect of mine."
            " /history #{user} shows what was done."
        ).format(user=event.user_id, module=safe(event.module))
    )


def update_failed(event: events.UpdateFailed) -> Notification:
    return Notification(
        _("⚠️ A payment message from Telegram could not be handled and is tried again: {error}").format(
            error=safe(event.error[:300])
        )
    )


def item_unreadable(event: events.ItemUnreadable) -> Notification:
    return Notification(
        _(
            "⚠️ <code>{item}</code> in the provider's list ({source}) can't be read: {reason}. It is kept, and the"
            " others were handled. Please look at it in the provider's dashboard."
        ).format(item=safe(event.item), source=safe(event.source), reason=safe(event.reason))
    )


def payment_unknown(event: events.PaymentUnknown) -> Notification:
    return Notification(
        _(
            "⚠️ For an hour the payment service has not said what became of order "
            "#{id}: {reason}. I keep asking. Please look at it in the provider's "
            "dashboard."
        ).format(id=safe(event.subject), reason=safe(event.reason[:200]))
    )


def refund_unknown(event: events.RefundUnknown) -> Notification:
    return Notification(
        _(
            "⚠️ For an hour the payment service has not said what became of a "
            "refund of order #{id}: {reason}. I keep asking. Please look at it in "
            "the provider's dashboard."
        ).format(id=event.purchase_id or "?", reason=safe(event.reason[:200]))
    )


def reconciliation_failed(event: events.ReconciliationFailed) -> Notification:
    return Notification(
        _("⚠️ Reconciliation has failed twice running ({part}): {error}. I keep trying.").format(
            part=safe(event.subject), error=safe(event.error)
        )
    )


def provider_refused(event: events.ProviderRefused) -> Notification:
    return Notification(
        _(
            "⚠️ YooKassa makes no link for offer {offer} (“{product}”): <code>{code}</code>, {about} {parameter}."
            " The order was closed and the buyer told. I say so once, until a link works again."
        ).format(
            offer=event.offer_id or "?",
            product=safe(event.product),
            code=safe(event.code),
            about=safe(event.about),
            parameter=safe(event.parameter),
        )
    )


def callbacks_turned_away(event: events.CallbacksTurnedAway) -> Notification:
    return Notification(
        _(
            "⚠️ Callbacks of payments that I don't know pile up: {count} wait, and further ones are turned away."
            " Payments of ours are not delayed. If it is not your shop that sends them, set YOOKASSA_WEBHOOK_KEY."
        ).format(count=event.waiting)
    )


def invoice_refused(event: events.InvoiceRefused) -> Notification:
    return Notification(
        _(
            "⚠️ Telegram does not take the invoice of offer {offer} (“{product}”, {price}): <code>{code}</code>."
            " The order was closed and the buyer told. Please look at its price and currency, and at the payment token."
        ).format(
            offer=event.offer_id or "?",
            product=safe(event.product),
            price=money(event.amount, event.currency),
            code=safe(event.code),
        )
    )


def media_refused(event: events.MediaRefused) -> Notification:
    return Notification(
        _(
            "⚠️ Telegram does not show the file of the lesson “{title}”: <code>{code}</code>."
            " The learner got the text without it. A file id works with the bot that it was made for only."
        ).format(title=safe(event.title), code=safe(event.code))
    )


def message_refused(event: events.MessageRefused) -> Notification:
    return Notification(
        _("⚠️ Telegram does not take a message of mine: <code>{subject}</code>.").format(
            subject=safe(event.subject)
        )
    )


def mail_not_going(event: events.MailNotGoing) -> Notification:
    text = _(
        "⚠️ Letters don't go out: <code>{code}</code>. Please look at SMTP_URL and MAIL_FROM;"
        " <code>main.py doctor</code> says more. I keep trying."
    )
    return Notification(text.format(code=safe(event.code)))


def mail_unknown(event: events.MailUnknown) -> Notification:
    text = _(
        "⚠️ A letter or a reminder ({kind}) was being sent when the connection or the bot broke off. Whether it"
        " arrived is not known, and I don't send it again."
    )
    return Notification(text.format(kind=safe(event.subject)))
