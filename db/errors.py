"""What can be refused by the database. Classes carry data; wording stands with the other words, one per class."""

from dataclasses import dataclass
from datetime import datetime
from typing import dataclass_transform


@dataclass_transform()
class Refused(Exception):  # noqa: N818 - an answer to a person, not an error: subclasses name the reason
    """Something a person asked for that the rules don't allow; nothing was changed. Each subclass is a dataclass."""

    def __init_subclass__(cls) -> None:
        dataclass(cls)


class TooManyTries(Refused):
    until: datetime


class CodeTooSoon(Refused):
    """One was sent a moment ago; another one from `until` on."""

    until: datetime


class PromoUnknown(Refused):
    code: str


class PromoUsedUp(Refused):
    code: str


class PromoUsedByYou(Refused):
    code: str
    used_at: datetime


class PromoExists(Refused):
    code: str


class OfferGone(Refused):
    """The offer was withdrawn, or never was."""

    offer_id: int


class MethodNotOffered(Refused):
    method: str


class ProductUnknown(Refused):
    product_id: int


class PersonUnknown(Refused):
    who: str


class PersonNotRegistered(Refused):
    """The bot has met them, but they have no account yet."""

    who: str


class PersonAmbiguous(Refused):
    """`user_ids`: the accounts that match, as far as the matches have accounts."""

    who: str
    user_ids: tuple[int, ...] = ()


class PersonUnproven(Refused):
    """`user_ids`: who typed that address, which nobody has proven to be theirs."""

    who: str
    user_ids: tuple[int, ...]


class NameUnconfirmed(Refused):
    """A @username (`who`, as it was written) that the chat `telegram_id` bore when it was last met: somebody may have
    taken it since."""

    who: str
    telegram_id: int


class AccessNotOwned(Refused):
    """Taking access back from somebody who has none."""

    user_id: int


class AccessTooFar(Refused):
    """No access ends after the year 9000, and a grant is at most 36,500 days either way."""

    days: int


class AccessForEver(Refused):
    """Days can't be taken from access without end."""

    user_id: int


class AlreadyUndone(Refused):
    change_id: int


class UndoTooLate(Refused):
    """A change of access can be undone for some minutes."""

    change_id: int


class DraftGone(Refused):
    """The question behind this button was answered, dropped, or replaced by another one."""


class GrantUnknown(Refused):
    """No such grant, or it is no longer in the database."""

    change_id: int


class LessonUnknown(Refused):
    lesson_id: int


class LessonLocked(Refused):
    lesson_id: int
    module_id: int


class AttemptUnknown(Refused):
    """It is somebody else's, or was never there."""

    attempt_id: int


class NothingTicked(Refused):
    pass


class AnswerEmpty(Refused):
    """Nothing of what was typed can be seen."""


class AnswerNoNumber(Refused):
    pass


class PurchaseUnknown(Refused):
    purchase_id: int


class SessionUnknown(Refused):
    session_id: int


class ParkedGone(Refused):
    """The parked payment is assigned already."""

    parked_id: int


class AmountTooLarge(Refused):
    """More than a purchase can bear: in the currency's smallest unit."""

    amount: int
    currency: str


class PriceNotTaken(Refused):
    """No way to pay takes that price: all in the currency's smallest unit."""

    amount: int
    currency: str
    least: int
    most: int


class CurrencyNotTaken(Refused):
    """No way to pay that is set up takes the currency; `settings` name what would set one up."""

    currency: str
    settings: tuple[str, ...]


class PurchaseForeign(Refused):
    """It belongs to the other application, and so does its money."""

    purchase_id: int


class NotRefundable(Refused):
    """Only money that came in, and is not all back yet, can be returned."""

    purchase_id: int
    status: str


class RefundTooMuch(Refused):
    """`left` of the purchase can still be returned; refunds under way have theirs reserved."""

    purchase_id: int
    left: int
    currency: str


class StarsInFullOnly(Refused):
    purchase_id: int
    amount: int


class RefundByHand(Refused):
    """The bot can't reach this payment at its provider."""

    purchase_id: int
    payment_id: str


class RefundGone(Refused):
    """The question was dropped, or is too old to be answered."""

    refund_id: int


class RefundAsked(Refused):
    """It was confirmed already; `status` is how it stands."""

    refund_id: int
    status: str


class NotMergeable(Refused):
    """Only an account born in Telegram is merged into another one. `reason`: same account, merged, site account,
    password, identity, site session, deleted."""

    user_id: int
    reason: str


class MergeBlocked(Refused):
    """Rows of `table` can't be moved: it has no right for the bot, or the other account has a row like one of them."""

    table: str


class MergeNotUndoable(Refused):
    """`reason`: unknown, undone, too late, merged again, moved, changed elsewhere,
    deleted."""

    merge_id: int
    reason: str


class LinkInvalid(Refused):
    """A link that the school's site has signed, or should have. `reason`: wrong, expired, used."""

    reason: str


class NotConnectable(Refused):
    """A chat that its person can't connect to an account by themselves. `reason`: one of
    db/connecting/connecting.py (Obstacle)."""

    reason: str
