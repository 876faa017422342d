"""What learners and admins are told of payments."""

from aiogram.types import InlineKeyboardMarkup

from bot.chat.admin_buttons import RefundPurchase, ShowPerson
from bot.chat.buttons import Continue, Pay, PayLater, ShowOffer
from bot.chat.commands import COURSES
from bot.chat.keyboards import go, press, rows
from bot.notifications import events
from bot.notifications.notification import Notification, to_lessons
from bot.notifications.payer_events import AdminPurchaseSucceeded, SecondCharge
from bot.notifications.ways import way_buttons
from bot.texts import _
from bot.texts import shop as shop_words
from bot.texts.accounts import people as people_words
from bot.texts.format import fill, named, safe, until
from bot.texts.home import next_lesson
from bot.texts.payments import orders as order_words
from bot.texts.payments.purchases import declined


def purchase_succeeded(event: events.PurchaseSucceeded) -> Notification:
    paid = _("✅ Paid. “{course}” is open {until}.").format(
        course=safe(event.module), until=until(event.ends_at)
    )
    on = None
    if event.lesson_id is not None:
        on = press(
            next_lesson(event.lesson_number, event.lesson), Continue(lesson=event.lesson_id, stays=True)
        )
    keyboard = to_lessons(event.module_id, on)
    return Notification(f"{paid}\n{_terms(event)}", keyboard, above=f"{_terms(event)} · " + _("✅ paid"))


def _terms(event: events.PurchaseSucceeded | events.LinkExpired) -> str:
    return order_words.terms(event.product, event.days, event.amount, event.currency)


def link_paid(event: events.LinkPaid) -> Notification:
    return Notification(fill(_("“{product}”: {price} is paid ✅"), event))


def link_expired(event: events.LinkExpired) -> Notification:
    text = _("⌛ The payment link has run out. No money was charged.")
    again = press(_("🔄 New link"), ShowOffer(id=event.offer_id)) if event.offer_id else None
    return Notification(f"{_terms(event)}\n{text}", rows(again, go(_("🎓 Courses"), COURSES)))


def purchase_canceled(event: events.PurchaseCanceled) -> Notification:
    """News, and so a message of its own: the order's message loses its buttons."""
    why = declined(event.reason)
    about = _("“{product}”: no money was charged.").format(product=safe(event.product))
    again = press(_("💳 With another card"), ShowOffer(id=event.offer_id)) if event.offer_id else None
    keyboard = rows(again, *way_buttons(event.ways), press(_("Later"), PayLater()))
    return Notification(f"{why}\n{about}", keyboard, above=f"✖️ {why}\n{about}", anew=True)


def invoice_not_sent(event: events.InvoiceNotSent) -> Notification:
    text = _(
        "“{product}” can't be paid this way right now: Telegram does not take the invoice. No money was charged, the"
        " order is closed, and the school knows of it."
    ).format(product=safe(event.product))
    buttons = way_buttons(event.ways)
    if event.offer_id is not None:
        buttons += [
            press(shop_words.pay_by(one), Pay(offer=event.offer_id, method=one)) for one in event.methods
        ]
    if buttons:
        return Notification(f"{text}\n\n{order_words.PAY_ANOTHER_WAY}", rows(*buttons), above=text, anew=True)
    if event.support:
        text += "\n\n" + _("Please ask the school: {contact}").format(contact=safe(event.support))
    return Notification(text, above=text, anew=True)


def admin_purchase_succeeded(event: AdminPurchaseSucceeded) -> Notification:
    text = fill(_("💰 Payment #{purchase_id}: {price} for “{product}”."), event)
    return Notification(f"{text}\n{_payer(event)}", _about_payer(event))


def second_charge(event: SecondCharge) -> Notification:
    text = _(
        "ℹ️ A second payment on one order: {price} for “{product}”. It was credited as payment #{purchase_id}, with its"
        " own days."
    )
    return Notification(f"{fill(text, event)}\n{_payer(event)}", _about_payer(event))


def _payer(event: AdminPurchaseSucceeded | SecondCharge) -> str:
    return named(event.payer, event.email, event.username, event.user_id)


def _about_payer(event: AdminPurchaseSucceeded | SecondCharge) -> InlineKeyboardMarkup:
    return rows(
        (
            press(people_words.PAGES[0], ShowPerson(id=event.user_id, stays=True)),
            press(people_words.RETURN, RefundPurchase(purchase=event.purchase_id)),
        )
    )


def payment_looked_into(event: events.PaymentLookedInto) -> Notification:
    text = _(
        "Your payment of {price} has arrived, but I could not open your access by myself. Nothing is lost:"
        " the school has been told and will see to it."
    )
    said = fill(text, event)
    if event.support:
        said += "\n" + _("Questions: {support}").format(support=safe(event.support))
    return Notification(said)
