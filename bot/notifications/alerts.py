"""What admins are told of alerts: at once, and on /admin while they are open."""

from collections.abc import Mapping
from dataclasses import replace

from babel.support import LazyProxy

from bot.chat.admin_buttons import ShowPerson
from bot.chat.buttons import ShowAlerts
from bot.chat.keyboards import press, rows
from bot.notifications import alert_events as events
from bot.notifications.events import AlertEvent
from bot.notifications.notification import Notification
from bot.texts import _, __
from bot.texts import alerts as words
from bot.texts import stats as stats_words
from bot.texts.accounts import people as people_words
from bot.texts.format import fill, money, named, safe


def complete(event: AlertEvent, worded: Notification) -> Notification:
    """With whom it is about, and where to go from it."""
    own = worded.keyboard.inline_keyboard if worded.keyboard else []
    card = None
    text = worded.text
    if event.user_id is not None:
        text += "\n" + named(event.payer, event.email, event.username, event.user_id)
        card = press(people_words.PAGES[0], ShowPerson(id=event.user_id, stays=True))
    return replace(worded, text=text, keyboard=rows(*own, card, press(stats_words.ALERTS, ShowAlerts())))


MAX_FACT = 300  # characters
# What is said of most of them, with their facts; what only who looks after the bot can read stands at the end.
WORDS: Mapping[type[AlertEvent], LazyProxy] = {
    events.PaymentMismatch: __(
        "⚠️ A payment at the provider does not agree with order #{purchase_id}. Nothing was opened. Please compare the"
        " two in the provider's dashboard, and return the money there if it is not for this order."
        "\n<code>{subject} · {differs}</code>"
    ),
    events.RefundMismatch: __(
        "⚠️ What the provider says of a refund does not agree with payment #{purchase_id}. No access was taken. Please"
        " compare the two in the provider's dashboard.\n<code>{subject} · {differs}</code>"
    ),
    events.PaymentHeld: __(
        "⚠️ The bank has only frozen the money of payment #{subject} (waiting for "
        "capture). Please confirm it in the provider's dashboard."
    ),
    events.PaymentNotCredited: __(
        "⚠️ Payment #{subject} of {price} is paid, but its days can't be given: no "
        "access ends after the year 9000. Please shorten that access on the "
        "person's card, or return the money. I try again by myself."
    ),
    events.PaidNotGranted: __(
        "⚠️ Payment #{subject} is paid, but no access was opened for it. Please give the days on the person's card, or"
        " return the money."
    ),
    events.GrantedNotPaid: __(
        "⚠️ Order #{subject} is not paid, but access was opened for it. Please look at the payment at the provider; the"
        " access can be shortened on the person's card."
    ),
    events.AccessUnexplained: __(
        "⚠️ Access of account #{user_id} to “{module}” does not end when its last recorded change says."
        " Somebody has changed the database by hand, or it is a defect of mine."
        " /history #{user_id} shows what was done."
    ),
    events.UpdateFailed: __(
        "⚠️ Telegram tells of a payment, and I failed to handle it: that is a defect of mine. I keep trying; access"
        " opens as soon as it works. Please show this to whoever looks after the bot."
        "\n<code>{error}</code>"
    ),
    events.PaymentUnknown: __(
        "⚠️ For an hour the payment service has not said what became of order #{subject}. I keep asking. Please look"
        " at it in the provider's dashboard."
        "\n<code>{reason}</code>"
    ),
    events.CallbacksTurnedAway: __(
        "⚠️ Callbacks of payments that I don't know pile up: {waiting} wait, and further ones are turned away."
        " Payments of ours are not delayed. If it is not your shop that sends them, set YOOKASSA_WEBHOOK_KEY."
    ),
    events.MediaRefused: __(
        "⚠️ Telegram does not show the file of the lesson “{title}”. The learner got the text without it. Please give"
        " the lesson its file anew: a file id works with the bot that it was made for only."
        "\n<code>{code}</code>"
    ),
    events.MessageRefused: __(
        "⚠️ Telegram does not take a message of mine; whoever it was for was told so. Please show this to whoever looks"
        " after the bot."
        "\n<code>{subject}</code>"
    ),
    events.MailNotGoing: __(
        "⚠️ Letters don't go out: the mail server does not take them. I keep trying. Its address and password stand in"
        " SMTP_URL, the sender in MAIL_FROM; <code>main.py doctor</code> says more."
        "\n<code>{code}</code>"
    ),
    events.MailUnknown: __(
        "⚠️ A letter or a reminder was being sent when the connection or the bot broke off. Whether it arrived is not"
        " known, and I don't send it again."
        "\n<code>{subject}</code>"
    ),
}


def plain(event: AlertEvent) -> Notification:
    """Of a kind that needs nothing but `WORDS`."""
    return Notification(fill(WORDS[type(event)], event, MAX_FACT))


def _with_code(text: str, *code: str | None) -> Notification:
    """What only who looks after the bot can read stands at the end."""
    said = " · ".join(one for one in code if one)
    return Notification(f"{text}\n<code>{safe(said)}</code>" if said else text)


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


def item_unreadable(event: events.ItemUnreadable) -> Notification:
    text = _(
        "⚠️ One entry in a list of the provider ({source}) can't be read. It is kept, and all others were handled."
        " Please look at it in the provider's dashboard."
    )
    return _with_code(
        text.format(source=words.SOURCES.get(event.source, safe(event.source))), event.item, event.reason
    )


def refund_unknown(event: events.RefundUnknown) -> Notification:
    text = _(
        "⚠️ For an hour the payment service has not said what became of a refund of order #{id}. I keep asking. Please"
        " look at it in the provider's dashboard."
    )
    return _with_code(text.format(id=event.purchase_id or "?"), event.reason[:200])


def reconciliation_failed(event: events.ReconciliationFailed) -> Notification:
    text = _(
        "⚠️ Twice running I could not compare my records with the provider's ({part}). I keep trying; payments that come"
        " in by themselves are credited meanwhile."
    )
    return _with_code(text.format(part=words.PARTS.get(event.subject, safe(event.subject))), event.error)


def provider_refused(event: events.ProviderRefused) -> Notification:
    text = _(
        "⚠️ YooKassa takes no payments for “{product}” (offer {offer}). The order was closed and the buyer told. Most"
        " often a setting of the shop is the reason: its key, its ways to pay, its receipts. I say so once, until it"
        " works again."
    ).format(offer=event.offer_id or "?", product=safe(event.product))
    return _with_code(text, event.code, event.about, event.parameter)


def invoice_refused(event: events.InvoiceRefused) -> Notification:
    text = _(
        "⚠️ Telegram takes no payments for “{product}”, {price} (offer {offer}). The order was closed and the buyer"
        " told. Please look at its price and currency, and at the payment token."
    ).format(
        offer=event.offer_id or "?",
        product=safe(event.product),
        price=money(event.amount, event.currency),
    )
    return _with_code(text, event.code)
