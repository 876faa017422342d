"""News of money and access, by name: what the job `tell` says. Facts come as JSON knows them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiogram.types import InlineKeyboardMarkup

from bot.chat.buttons import ShowLessons, ShowOffer
from bot.chat.commands import STATUS
from bot.chat.keyboards import go, press, rows
from bot.texts import _
from bot.texts.format import days as in_days
from bot.texts.format import money, safe, until


@dataclass(frozen=True, slots=True)
class Notification:
    text: str
    keyboard: InlineKeyboardMarkup | None = None


ALL: dict[str, Callable[..., Notification]] = {}


def news(function: Callable[..., Notification]) -> Callable[..., Notification]:
    ALL[function.__name__] = function
    return function


def opened_until(ends_at: str | None) -> str:
    return until(datetime.fromisoformat(ends_at) if ends_at else None)


def to_lessons(module_id: int) -> InlineKeyboardMarkup:
    return rows(press(_("📚 To the lessons"), ShowLessons(module=module_id)), go(_("My access"), STATUS))


@news
def promo_redeemed(
    code: str, product: str, module: str, module_id: int, days: int, ends_at: str | None
) -> Notification:
    text = _(
        "🎉 The promo code <b>{code}</b> is accepted: {days} of “{product}”.\nThe module “{module}” is open {until}."
    ).format(
        code=safe(code),
        days=in_days(days),
        product=safe(product),
        module=safe(module),
        until=opened_until(ends_at),
    )
    return Notification(text, to_lessons(module_id))


@news
def purchase_succeeded(
    purchase_id: int,
    product: str,
    module: str,
    module_id: int,
    days: int,
    amount: int,
    currency: str,
    ends_at: str | None,
) -> Notification:
    text = _(
        "✅ Payment №{id} has arrived: {price}, thank you!\n“{product}”, {days}: the module “{module}” is open {until}."
    ).format(
        id=purchase_id,
        price=money(amount, currency),
        product=safe(product),
        days=in_days(days),
        module=safe(module),
        until=opened_until(ends_at),
    )
    return Notification(text, to_lessons(module_id))


@news
def link_paid(product: str, amount: int, currency: str) -> Notification:
    return Notification(
        _("“{product}”: {price} is paid ✅").format(product=safe(product), price=money(amount, currency))
    )


REASONS = {
    "expired_on_confirmation": lambda: _("the link has expired"),
    "insufficient_funds": lambda: _("not enough money on the card"),
    "card_expired": lambda: _("the card has expired"),
    "3d_secure_failed": lambda: _("the bank's confirmation failed"),
    "invalid_csc": lambda: _("the card's code was wrong"),
    "invalid_card_number": lambda: _("the card number was wrong"),
    "canceled_by_merchant": lambda: _("the school has canceled it"),
}


@news
def purchase_canceled(
    purchase_id: int, product: str, reason: str | None, offer_id: int | None
) -> Notification:
    """Reasons are an open set (docs/facts.md#payment-life): the ones we don't know are not read out."""
    known = REASONS.get(reason or "")
    text = _("Order №{id} “{product}” was not paid{why}. No money was charged.").format(
        id=purchase_id, product=safe(product), why=f" ({known()})" if known else ""
    )
    return Notification(text, rows(press(_("Order again"), ShowOffer(id=offer_id))) if offer_id else None)


@news
def admin_purchase_succeeded(
    user_id: int, purchase_id: int, product: str, amount: int, currency: str
) -> Notification:
    return Notification(
        _("💰 Payment №{id}: {price} for “{product}” by account #{user}.").format(
            id=purchase_id, price=money(amount, currency), product=safe(product), user=user_id
        )
    )


@news
def payment_mismatch(subject: str, purchase_id: int | None, differs: str) -> Notification:
    return Notification(
        _(
            "⚠️ Payment <code>{payment}</code> at the provider does not agree with order №{id}: {differs}."
            " Nothing was opened. Please look at it in the provider's dashboard."
        ).format(payment=safe(subject), id=purchase_id, differs=safe(differs))
    )


@news
def provider_refused(purchase_id: int, code: str, about: str, parameter: str | None) -> Notification:
    return Notification(
        _("⚠️ YooKassa refused to make payment №{id}: {code}, {about} {parameter}").format(
            id=purchase_id, code=safe(code), about=safe(about), parameter=safe(parameter)
        )
    )


from bot.notifications import access, alarms, refunds  # noqa: E402, F401 - puts its news into ALL
