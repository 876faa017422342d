"""What needs an admin's attention until it is solved: the alerts, as `events` are."""

from bot.notifications.events import AlertEvent


class PaymentMismatch(AlertEvent):
    """`subject`: the provider's payment id; `differs`: which of its values are not the purchase's."""

    name = "payment_mismatch"
    purchase_id: int | None
    differs: str


class PaymentParked(AlertEvent):
    """`subject`: the provider's payment id; `reason`: payload, amount, metadata or refused."""

    name = "payment_parked"
    amount: int
    currency: str
    reason: str
    telegram_id: int | None = None


class PaymentHeld(AlertEvent):
    """Waiting for capture at the provider. `subject`: the purchase's id."""

    name = "payment_held"


class PaymentNotCredited(AlertEvent):
    """Paid, but its days can't be given. `subject`: the purchase's id."""

    name = "payment_not_credited"
    amount: int
    currency: str


class PaidNotGranted(AlertEvent):
    """`subject`: the purchase's id."""

    name = "paid_not_granted"


class GrantedNotPaid(AlertEvent):
    """`subject`: the purchase's id."""

    name = "granted_not_paid"


class AccessUnexplained(AlertEvent):
    """Access that ends otherwise than our last change of it says. `subject`: its id; `user_id`: the account's."""

    name = "access_unexplained"
    user_id: int
    module: str


class UpdateFailed(AlertEvent):
    """A payment update that could not be handled. `subject`: its id among the failed updates."""

    name = "update_failed"
    error: str


class ItemUnreadable(AlertEvent):
    """An item of a provider's list that can't be read. `source`: which list; `item`: its id there."""

    name = "item_unreadable"
    source: str
    item: str
    reason: str


class PaymentUnknown(AlertEvent):
    """The provider has not said for an hour what became of it. `subject`: the purchase's id."""

    name = "payment_unknown"
    reason: str


class RefundUnknown(AlertEvent):
    """The same of a refund. `subject`: the refund's id."""

    name = "refund_unknown"
    purchase_id: int | None
    reason: str


class RefundFailed(AlertEvent):
    """`subject`: the refund's id, which jobs of earlier releases lack; `code`: the provider's reason, `about`: what it
    says of it in words, which may be empty."""

    name = "refund_failed"
    subject: str = ""
    purchase_id: int | None
    amount: int
    currency: str
    code: str
    about: str


class RefundMismatch(AlertEvent):
    """`subject`: the provider's refund id; `differs`: which of its values are not the purchase's, or not what was asked
    for."""

    name = "refund_mismatch"
    purchase_id: int
    differs: str


class ReconciliationFailed(AlertEvent):
    """Twice running. `subject`: which part of it."""

    name = "reconciliation_failed"
    error: str


class ProviderRefused(AlertEvent):
    """YooKassa makes no payments by link of an offer. `subject`: the offer and YooKassa's `code`; `about`: its
    description. What has a default is missing from jobs of the first release."""

    name = "provider_refused"
    subject: str = ""
    offer_id: int | None = None
    product: str = ""
    code: str
    about: str
    parameter: str | None


class CallbacksTurnedAway(AlertEvent):
    """As many callbacks of unknown payments wait as may: `waiting`. `subject`: whose callbacks."""

    name = "callbacks_turned_away"
    waiting: int


class InvoiceRefused(AlertEvent):
    """Telegram refuses invoices of an offer. `subject`: the offer, the way to pay and Telegram's error."""

    name = "invoice_refused"
    offer_id: int | None
    product: str
    amount: int
    currency: str
    code: str


class MediaRefused(AlertEvent):
    """Telegram refuses a lesson's file. `subject`: the lesson and Telegram's error."""

    name = "media_refused"
    title: str
    code: str


class MessageRefused(AlertEvent):
    """Telegram refuses a message of ours. `subject`: the method and Telegram's error."""

    name = "message_refused"
    code: str


class MailNotGoing(AlertEvent):
    """The mail server takes nothing. `subject`: which; `code`: where it stops, and what the server says."""

    name = "mail_not_going"
    code: str


class MailUnknown(AlertEvent):
    """A letter may have been sent or not, and is not sent again. `subject`: its kind."""

    name = "mail_unknown"
