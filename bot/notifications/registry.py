"""Every event with its wording. An event that is not listed here can't be stored."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter

from bot.notifications import (
    access,
    accounts,
    alert_events,
    alerts,
    events,
    letters,
    payer_events,
    payments,
    refunds,
    refusals,
)
from bot.notifications.events import AlertEvent, Event
from bot.notifications.notification import Notification
from bot.texts.format import person, safe
from db.accounts.people import AccountSummary
from db.tables import Alert

E = TypeVar("E", bound=Event)
Wording = Callable[[Any], Notification]  # of the event it is registered with


def _entry(kind: type[E], wording: Callable[[E], Notification]) -> tuple[type[Event], Wording]:
    """Both together, so that mypy compares them."""
    return kind, wording


WORDINGS: Mapping[type[Event], Wording] = dict(
    (
        *((kind, alerts.plain) for kind in alerts.WORDS),
        *((kind, access.access_open) for kind in access.OPEN),
        _entry(events.AccessTaken, access.access_taken),
        _entry(events.ChatConnected, accounts.chat_connected),
        _entry(events.ChatConnectedBySchool, accounts.chat_connected_by_school),
        _entry(events.ChatSeparated, accounts.chat_separated),
        _entry(events.RoleChanged, accounts.role_changed),
        _entry(events.LessonUnlocked, access.lesson_unlocked),
        _entry(events.PurchaseSucceeded, payments.purchase_succeeded),
        _entry(events.LinkPaid, payments.link_paid),
        _entry(events.PurchaseCanceled, payments.purchase_canceled),
        _entry(events.LinkExpired, payments.link_expired),
        _entry(payer_events.AdminPurchaseSucceeded, payments.admin_purchase_succeeded),
        _entry(payer_events.SecondCharge, payments.second_charge),
        _entry(events.PaymentLookedInto, payments.payment_looked_into),
        _entry(events.InvoiceNotSent, payments.invoice_not_sent),
        _entry(events.MediaNotShown, refusals.media_not_shown),
        _entry(events.MessageNotShown, refusals.message_not_shown),
        _entry(events.MailDelayed, letters.mail_delayed),
        _entry(events.MailNotSent, letters.mail_not_sent),
        _entry(events.RefundDone, refunds.refund_done),
        _entry(payer_events.AdminRefundDone, refunds.admin_refund_done),
        _entry(alert_events.RefundFailed, refunds.refund_failed),
        _entry(alert_events.PaymentParked, alerts.payment_parked),
        _entry(alert_events.InvoiceRefused, alerts.invoice_refused),
        _entry(alert_events.ProviderRefused, alerts.provider_refused),
        _entry(alert_events.ItemUnreadable, alerts.item_unreadable),
        _entry(alert_events.RefundUnknown, alerts.refund_unknown),
        _entry(alert_events.ReconciliationFailed, alerts.reconciliation_failed),
    )
)
EVENTS: Mapping[str, type[Event]] = {kind.name: kind for kind in WORDINGS}


ADAPTERS: Mapping[type[Event], TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in WORDINGS}


VERSION = 1  # of facts; jobs of releases before versions have 0 and read the same


def to_facts(event: Event) -> dict[str, Any]:
    """The fields as JSON; those that have their default are left out. Raises KeyError where the event is not listed."""
    facts: dict[str, Any] = ADAPTERS[type(event)].dump_python(event, mode="json", exclude_defaults=True)
    return facts


def from_facts(name: str, facts: Mapping[str, Any], version: int = VERSION) -> Event:
    """The event as it was stored; facts that it does not have are ignored.

    Raises KeyError where the name is not listed, ValueError where facts are missing or of another type, or where a
    newer release has stored them.
    """
    if version > VERSION:
        raise ValueError(f"{name} has facts of version {version}, this release reads {VERSION}")
    event: Event = ADAPTERS[EVENTS[name]].validate_python(facts)
    return event


def word_alert(alert: Alert, who: AccountSummary | None) -> str:
    """A stored alert, as HTML, with whom it is about; of a kind that is not listed, its name."""
    if alert.kind not in EVENTS:
        return safe(f"{alert.kind}: {alert.subject}")
    event = from_facts(alert.kind, {**alert.facts, "subject": alert.subject})
    text = WORDINGS[type(event)](event).text
    return f"{text}\n{person(who)}" if who else text


def word(event: Event) -> Notification:
    """In the language in use (`Localizer.use_locale`)."""
    worded = WORDINGS[type(event)](event)
    return alerts.complete(event, worded) if isinstance(event, AlertEvent) else worded
