"""What can be refused by the database. Classes carry data; wording stands with the other words, one per class."""

from dataclasses import dataclass
from datetime import datetime


class Refused(Exception):  # noqa: N818 - an answer to a person, not an error: subclasses name the reason
    """Something a person asked for that the rules don't allow; nothing was changed."""


@dataclass
class TooManyTries(Refused):
    until: datetime


@dataclass
class CodeTooSoon(Refused):
    """One was sent a moment ago; another one from `until` on."""

    until: datetime


@dataclass
class PromoUnknown(Refused):
    code: str


@dataclass
class PromoUsedUp(Refused):
    code: str


@dataclass
class PromoUsedByYou(Refused):
    code: str
    used_at: datetime


@dataclass
class PromoExists(Refused):
    code: str


@dataclass
class OfferGone(Refused):
    """The offer was withdrawn, or never was."""

    offer_id: int


@dataclass
class MethodNotOffered(Refused):
    method: str


@dataclass
class ProductUnknown(Refused):
    product_id: int


@dataclass
class PersonUnknown(Refused):
    who: str


@dataclass
class PersonNotRegistered(Refused):
    """The bot has met them, but they have no account yet."""

    who: str


@dataclass
class PersonAmbiguous(Refused):
    """`user_ids`: the accounts that match, as far as the matches have accounts."""

    who: str
    user_ids: tuple[int, ...] = ()


@dataclass
class PersonUnproven(Refused):
    """`user_ids`: who typed that address, which nobody has proven to be theirs."""

    who: str
    user_ids: tuple[int, ...]


@dataclass
class AccessNotOwned(Refused):
    """Taking access back from somebody who has none."""

    user_id: int


@dataclass
class AccessTooFar(Refused):
    """No access ends after the year 9000, and a grant is at most 36,500 days either way."""

    days: int


@dataclass
class AccessForEver(Refused):
    """Days can't be taken from access without end."""

    user_id: int


@dataclass
class AlreadyUndone(Refused):
    change_id: int


@dataclass
class UndoTooLate(Refused):
    """A change of access can be undone for some minutes."""

    change_id: int


@dataclass
class DraftGone(Refused):
    """The question behind this button was answered, dropped, or replaced by another one."""


@dataclass
class GrantUnknown(Refused):
    """No such grant, or it is no longer in the database."""

    change_id: int


@dataclass
class LessonUnknown(Refused):
    lesson_id: int


@dataclass
class LessonLocked(Refused):
    lesson_id: int
    module_id: int


@dataclass
class AttemptUnknown(Refused):
    """It is somebody else's, or was never there."""

    attempt_id: int


@dataclass
class NothingTicked(Refused):
    pass


@dataclass
class AnswerEmpty(Refused):
    """Nothing of what was typed can be seen."""


@dataclass
class AnswerNoNumber(Refused):
    pass


@dataclass
class PurchaseUnknown(Refused):
    purchase_id: int


@dataclass
class SessionUnknown(Refused):
    session_id: int


@dataclass
class ParkedGone(Refused):
    """The parked payment is assigned already."""

    parked_id: int


@dataclass
class AmountTooLarge(Refused):
    """More than a purchase can bear: in the currency's smallest unit."""

    amount: int
    currency: str


@dataclass
class PriceNotTaken(Refused):
    """No way to pay takes that price: all in the currency's smallest unit."""

    amount: int
    currency: str
    least: int
    most: int


@dataclass
class CurrencyNotTaken(Refused):
    """No way to pay that is set up takes the currency; `settings` name what would set one up."""

    currency: str
    settings: tuple[str, ...]


@dataclass
class PurchaseForeign(Refused):
    """It belongs to the other application, and so does its money."""

    purchase_id: int


@dataclass
class NotRefundable(Refused):
    """Only money that came in, and is not all back yet, can be returned."""

    purchase_id: int
    status: str


@dataclass
class RefundTooMuch(Refused):
    """`left` of the purchase can still be returned; refunds under way have theirs reserved."""

    purchase_id: int
    left: int
    currency: str


@dataclass
class StarsInFullOnly(Refused):
    purchase_id: int
    amount: int


@dataclass
class RefundByHand(Refused):
    """The bot can't reach this payment at its provider."""

    purchase_id: int
    payment_id: str


@dataclass
class RefundGone(Refused):
    """The question was dropped, or is too old to be answered."""

    refund_id: int


@dataclass
class RefundAsked(Refused):
    """It was confirmed already; `status` is how it stands."""

    refund_id: int
    status: str


@dataclass
class NotMergeable(Refused):
    """Only an account born in Telegram is merged into another one. `reason`: same account, merged, site account,
    password, identity, site session, deleted."""

    user_id: int
    reason: str


@dataclass
class MergeBlocked(Refused):
    """Rows of `table` can't be moved: it has no right for the bot, or the other account has a row like one of them."""

    table: str


@dataclass
class MergeNotUndoable(Refused):
    """`reason`: unknown, undone, too late, merged again, moved, changed elsewhere,
    deleted."""

    merge_id: int
    reason: str


@dataclass
class LinkInvalid(Refused):
    """A link that the school's site has signed, or should have. `reason`: wrong, expired, used."""

    reason: str


@dataclass
class NotConnectable(Refused):
    """A chat that its person can't connect to an account by themselves. `reason`: one of
    db/connecting/connecting.py (Obstacle)."""

    reason: str
