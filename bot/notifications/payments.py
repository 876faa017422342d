"""What learners and admins are told of payments."""

from bot.chat.buttons import Pay, ShowOffer
from bot.chat.keyboards import press, rows
from bot.notifications.events import (
    AdminPurchaseSucceeded,
    InvoiceNotSent,
    LinkPaid,
    PaymentLookedInto,
    ProviderRefused,
    PurchaseCanceled,
    PurchaseSucceeded,
    SecondCharge,
)
from bot.notifications.notification import Notification, to_lessons
from bot.texts import _
from bot.texts import shop as shop_words
from bot.texts.format import days, money, safe, until
from bot.texts.payments.purchases import in_brackets


def purchase_succeeded(event: PurchaseSucceeded) -> Notification:
    text = _(
        "✅ Payment №{id} has arrived: {price}, thank you!\n“{product}”, {days}: the module “{module}” is open {until}."
    ).format(
        id=event.purchase_id,
        price=money(event.amount, event.currency),
        product=safe(event.product),
        days=days(event.days),
        module=safe(event.module),
        until=until(event.ends_at),
    )
    return Notification(text, to_lessons(event.module_id))


def link_paid(event: LinkPaid) -> Notification:
    text = _("“{product}”: {price} is paid ✅")
    return Notification(text.format(product=safe(event.product), price=money(event.amount, event.currency)))


def purchase_canceled(event: PurchaseCanceled) -> Notification:
    text = _("Order №{id} “{product}” was not paid{why}. No money was charged.").format(
        id=event.purchase_id, product=safe(event.product), why=in_brackets(event.reason)
    )
    again = rows(press(_("Order again"), ShowOffer(id=event.offer_id))) if event.offer_id else None
    return Notification(text, again)


def invoice_not_sent(event: InvoiceNotSent) -> Notification:
    text = _(
        "“{product}” can't be paid this way right now: Telegram does not take the invoice. No money was charged, the"
        " order is closed, and the school knows of it."
    ).format(product=safe(event.product))
    if event.methods and event.offer_id is not None:
        buttons = [
            press(shop_words.pay_by(one), Pay(offer=event.offer_id, method=one)) for one in event.methods
        ]
        return Notification(text + "\n\n" + _("You can pay another way:"), rows(*buttons))
    if event.support:
        text += "\n\n" + _("Please ask the school: {contact}").format(contact=safe(event.support))
    return Notification(text)


def admin_purchase_succeeded(event: AdminPurchaseSucceeded) -> Notification:
    return Notification(
        _("💰 Payment №{id}: {price} for “{product}” by account #{user}.").format(
            id=event.purchase_id,
            price=money(event.amount, event.currency),
            product=safe(event.product),
            user=event.user_id,
        )
    )


def second_charge(event: SecondCharge) -> Notification:
    return Notification(
        _(
            "ℹ️ A second payment on one order: {price} for “{product}” by account #{user}. It was credited as"
            " payment №{id}, with its own days."
        ).format(
            price=money(event.amount, event.currency),
            product=safe(event.product),
            user=event.user_id,
            id=event.purchase_id,
        )
    )


def provider_refused(event: ProviderRefused) -> Notification:
    return Notification(
        _("⚠️ YooKassa refused to make payment №{id}: {code}, {about} {parameter}").format(
            id=event.purchase_id,
            code=safe(event.code),
            about=safe(event.about),
            parameter=safe(event.parameter),
        )
    )


def payment_looked_into(event: PaymentLookedInto) -> Notification:
    text = _(
        "Your payment of {price} has arrived, but I could not open your access by myself. Nothing is lost:"
        " the school has been told and will see to it."
    ).format(price=money(event.amount, event.currency))
    if event.support:
        text += "\n" + _("Questions: {contact}").format(contact=safe(event.support))
    return Notification(text)
