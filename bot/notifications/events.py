"""What learners and admins are told of: one frozen dataclass per event, data only.

An event is stored with the job that delivers it, and an alert's facts stay in their row: `name` and the names of
the fields are part of that format. Amounts are in the currency's smallest unit, timestamps are aware of their
time zone, and `ends_at` is None for access without end. How an event is worded is in the module of its capability;
`bot.notifications.registry` lists all of them.
"""

from datetime import datetime
from typing import ClassVar

from db.jobs import Stored
from db.payments.methods import Way


class Event(Stored):
    name: ClassVar[str]


class EditingEvent(Event):
    """Replaces a message. `message_chat`: the chat that message is in, where other chats are told, too; with
    `only_edits` nobody is told anywhere else."""

    only_edits: ClassVar[bool] = False
    message_id: int | None = None
    message_chat: int | None = None


class AlertEvent(Event):
    """Needs an admin's attention until it is solved. `subject`: which purchase, payment or update it is about;
    the other facts say what is wrong with it. Whose it is (`user_id` and what follows) is told, but not kept with the
    alert: it is looked up whenever that is shown."""

    subject: str
    user_id: int | None = None
    payer: str | None = None
    email: str | None = None
    username: str | None = None


# --- rights ---


class RoleChanged(Event):
    """An owner has given a role (db/roles.py), or, where it is None, taken it."""

    name = "role_changed"
    role: str | None


# --- access ---


class AccessEvent(Event):
    module: str
    module_id: int
    ends_at: datetime | None


class PromoRedeemed(AccessEvent):
    name = "promo_redeemed"
    code: str
    product: str
    days: int


class AccessGranted(AccessEvent):
    name = "access_granted"
    days: int


class AccessTaken(AccessEvent):
    """`days`: how many were taken; `is_open`: whether access is left."""

    name = "access_taken"
    days: int
    is_open: bool


class AccessReturned(AccessEvent):
    """Days were taken, and the learner was told; an admin has undone that."""

    name = "access_returned"


class LessonUnlocked(Event):
    """By an admin, before its time."""

    name = "lesson_unlocked"
    lesson_id: int
    number: int
    lesson: str
    module: str


# --- accounts ---


class ChatConnected(Event):
    """For the other chats of an account: one more signs in to it. `support`: the school's contact."""

    name = "chat_connected"
    chat: str
    username: str | None
    support: str | None


class ChatConnectedBySchool(Event):
    """For the chat itself. `account`: as its person knows it, the e-mail masked. `support`: the school's contact."""

    name = "chat_connected_by_school"
    account: str
    support: str | None


class ChatSeparated(Event):
    """For a chat that the school has separated from an account again. `support`: the school's contact."""

    name = "chat_separated"
    support: str | None


# --- payments ---


class PurchaseSucceeded(EditingEvent):
    """`lesson_id`: the course's next lesson, with its number and title."""

    name = "purchase_succeeded"
    purchase_id: int
    product: str
    module: str
    module_id: int
    days: int
    amount: int
    currency: str
    ends_at: datetime | None
    lesson_id: int | None = None
    lesson_number: int = 1
    lesson: str = ""


class LinkPaid(EditingEvent):
    """Stored by releases that told of a payment in two messages."""

    name = "link_paid"
    product: str
    amount: int
    currency: str


class PurchaseCanceled(EditingEvent):
    """`reason`: YooKassa's `cancellation_details.reason`. `ways`: the other ways to pay the same."""

    name = "purchase_canceled"
    purchase_id: int
    product: str
    reason: str | None
    offer_id: int | None
    ways: tuple[Way, ...] = ()


class LinkExpired(EditingEvent):
    """The link of an order that nobody has used. Said in its message only, which is there as long as it is seen."""

    name = "link_expired"
    only_edits = True
    product: str
    days: int
    amount: int
    currency: str
    offer_id: int | None
    purchase_id: int | None = None


class PaymentLookedInto(Event):
    """For the payer whose payment came in without opening access. `support`: the school's contact."""

    name = "payment_looked_into"
    amount: int
    currency: str
    support: str | None


class InvoiceNotSent(EditingEvent):
    """For who wanted to pay: Telegram refused the invoice, and the order is closed. `ways`: the other ones; `methods`:
    those of the same offer, as earlier releases have stored them."""

    name = "invoice_not_sent"
    product: str
    offer_id: int | None
    methods: tuple[str, ...] = ()
    support: str | None
    ways: tuple[Way, ...] = ()
    purchase_id: int | None = None


# --- letters ---


class MailDelayed(Event):
    """For who waits for a letter. `kind`: of the outbox."""

    name = "mail_delayed"
    kind: str
    expires_at: datetime


class MailNotSent(Event):
    """For who waits for a letter. `state`: failed, unknown or dropped, as in the outbox."""

    name = "mail_not_sent"
    kind: str
    state: str


# --- what Telegram refused to show ---


class MediaNotShown(Event):
    """For a learner. `code`: Telegram's error."""

    name = "media_not_shown"
    lesson_id: int
    title: str
    code: str


class MessageNotShown(Event):
    """For whom it was meant."""

    name = "message_not_shown"
    support: str | None


# --- refunds ---


class RefundDone(Event):
    """`days`: how many were taken; `is_open`: whether access is left, which is looked up when it is told
    (bot/notifications/current.py); `void`: numbers of certificates that it has made so."""

    name = "refund_done"
    purchase_id: int
    product: str
    module: str
    amount: int
    currency: str
    days: int
    ends_at: datetime | None = None
    is_open: bool = False
    void: str = ""
    module_id: int | None = None
