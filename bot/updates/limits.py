"""How much one person may ask of us: enough for anybody who reads the answers, too little to make payers wait."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

MAX_PEOPLE = 10_000  # remembered; whoever is forgotten may ask as much as somebody new


class Admission(Enum):
    """FIRST_REFUSAL: turned away, and not told so yet."""

    ADMITTED = auto()
    FIRST_REFUSAL = auto()
    REFUSED = auto()


@dataclass(slots=True)
class _Allowance:
    """`left` as of the moment `at`."""

    left: float
    at: float
    told: bool = False


class PersonLimits:
    """A token bucket per person: `burst` updates at once, and then one each `every` seconds.

    Admins are known, and may be in a hurry: `owners`, and whoever was last seen with a role. Moments are seconds of any
    clock that never goes back. Kept per process: with several, each admits as much.
    """

    def __init__(self, burst: int, every: float, owners: Iterable[int] = ()) -> None:
        self._admins = set(owners)
        self._burst = burst
        self._every = every
        self._people: OrderedDict[int, _Allowance] = OrderedDict()  # who asked last stands last

    def record_seen(self, telegram_id: int, *, is_admin: bool) -> None:
        """Of an update that was read: a role is known from then on, and one that was taken is so no more."""
        (self._admins.add if is_admin else self._admins.discard)(telegram_id)

    def admit(self, telegram_id: int, now: float) -> Admission:
        if telegram_id in self._admins:
            return Admission.ADMITTED
        allowance = self._people.setdefault(telegram_id, _Allowance(self._burst, now))
        self._people.move_to_end(telegram_id)
        if len(self._people) > MAX_PEOPLE:
            self._people.popitem(last=False)
        allowance.left = min(self._burst, allowance.left + (now - allowance.at) / self._every)
        allowance.at = now
        if allowance.left >= self._burst:
            allowance.told = False
        if allowance.left >= 1:
            allowance.left -= 1
            return Admission.ADMITTED
        if allowance.told:
            return Admission.REFUSED
        allowance.told = True
        return Admission.FIRST_REFUSAL

    def refuses(self, telegram_id: int, now: float) -> bool:
        """Whether `admit` would say REFUSED; nothing is counted."""
        allowance = self._people.get(telegram_id)
        if allowance is None or not allowance.told or telegram_id in self._admins:
            return False
        return allowance.left + (now - allowance.at) / self._every < 1

    def give_back(self, telegram_id: int) -> None:
        """What was admitted could not be handled, and comes again."""
        if allowance := self._people.get(telegram_id):
            allowance.left = min(self._burst, allowance.left + 1)
