"""What is owed, by the rules in words: a model of the database that shares no code with them.

Positive days: from now, or from the end of what is open. Negative days: off the end. A refund takes, of the days its
purchase gave, those that go with the money in total, rounded down, and never more than that purchase has left unused;
a day begun is unused until it is over.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DAY = timedelta(days=1)
Place = tuple[int, int]  # account and module


@dataclass(eq=False)
class Sale:
    """A purchase. `payment` is the provider's id of it; our database may not know it yet (`answered`)."""

    id: int
    attempt: int
    place: Place
    days: int
    amount: int
    currency: str
    method: str
    key: str
    offer: int
    payment: str
    telegram: int
    answered: bool = False
    open_until: datetime | None = None
    closed: bool = False
    status: str = "pending"
    given: int = 0
    own_end: datetime | None = None
    back: int = 0
    reserved: int = 0
    taken: int = 0
    lived: int = 0
    share: timedelta | None = None
    parked: bool = False

    @property
    def left(self) -> int:
        return self.amount - self.back - self.reserved

    def is_open(self, now: datetime) -> bool:
        return not self.closed and (self.open_until is None or self.open_until > now)


@dataclass(eq=False)
class Money:
    """Paid, and parked: no purchase has it yet. `back` of it had been returned by then."""

    payment: str
    amount: int
    currency: str
    method: str
    back: int = 0


@dataclass(eq=False)
class Gift:
    """A grant's change: how access was before and after it. `until`: when its days end, or would have ended; `share`
    is what of them counts since accounts were merged."""

    change: int
    place: Place
    days: int
    before: datetime | None
    after: datetime
    until: datetime
    share: timedelta | None = None
    undone: bool = False


@dataclass(eq=False)
class Use:
    """Of a code: its days end at `until`, and `share` of them counts."""

    id: int
    at: datetime
    until: datetime
    share: timedelta


@dataclass(eq=False)
class Code:
    """`spent_by`: chats that had used it for accounts that are gone."""

    text: str
    product: int
    module: int
    days: int
    most: int
    used_by: dict[int, list[Use]] = field(default_factory=dict)
    spent_by: set[int] = field(default_factory=set)

    @property
    def left(self) -> int:
        return self.most - sum(map(len, self.used_by.values()))


@dataclass(eq=False)
class Return:
    """A refund that an admin has confirmed."""

    id: int
    sale: Sale
    amount: int
    payment: str
    over: bool = False


@dataclass
class Owed:
    """`causes`: (source, source's id, days) of each change there must be, once."""

    ends: dict[Place, datetime] = field(default_factory=dict)
    causes: Counter[tuple[str, int, int]] = field(default_factory=Counter)

    def change(self, place: Place, days: int, source: str, source_id: int, now: datetime) -> datetime:
        end = self.ends.get(place)
        if days > 0:
            end = now if end is None or end < now else end
        assert end is not None
        self.ends[place] = end + days * DAY
        self.causes[source, source_id, days] += 1
        return self.ends[place]

    def paid(self, sale: Sale, now: datetime, returned: int = 0) -> None:
        """What the provider had returned before is never given."""
        sale.status = "refunded" if returned == sale.amount else "succeeded"
        sale.closed = True
        sale.given = sale.days - sale.days * returned // sale.amount
        if sale.given:
            sale.own_end = self.change(sale.place, sale.given, "purchase", sale.id, now)

    def given_back(self, sale: Sale, refund_id: int, amount: int, now: datetime) -> None:
        sale.back += amount
        goes = sale.days * sale.back // sale.amount
        lost = sale.days - sale.given + sale.taken
        days = min(max(0, goes - lost), self.unused(sale, now))
        if days:
            self.change(sale.place, -days, "refund", refund_id, now)
            sale.taken += days
        if sale.back >= sale.amount:
            sale.status = "refunded"

    def unused(self, sale: Sale, now: datetime) -> int:
        end = self.ends.get(sale.place)
        if sale.own_end is None or end is None:
            return 0
        own = begun(sale.own_end, now) - sale.taken
        return max(0, min(sale.given - sale.lived - sale.taken, own, begun(end, now)))

    def undo(self, gift: Gift) -> None:
        end = self.ends[gift.place]
        untouched = end == gift.after and gift.before is not None and gift.share is None
        shift = gift.days * DAY if gift.share is None else gift.share
        self.ends[gift.place] = gift.before if untouched and gift.before else end - shift
        self.causes["undo", gift.change, -gift.days] += 1
        gift.undone = True


def begun(end: datetime, now: datetime) -> int:
    """Days from now to the end, a begun one counted whole; negative where it is past."""
    whole, rest = divmod(end - now, DAY)
    return whole + (1 if rest else 0)
