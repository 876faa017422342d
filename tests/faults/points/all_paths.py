"""The paths by name."""

from collections.abc import Callable, Mapping

from tests.faults.points.gifts import Grant, Lesson, Merge, Promo, Refund, Undone
from tests.faults.points.letters import Mail
from tests.faults.points.paths import Invoice, Link, Path, Settle, Stars
from tests.faults.points.world import World

PATHS: Mapping[str, Callable[[World], Path]] = {
    "link": Link,
    "settle": Settle,
    "invoice": Invoice,
    "stars": Stars,
    "refund": Refund,
    "promo": Promo,
    "grant": Grant,
    "undo": Undone,
    "merge": Merge,
    "lesson": Lesson,
    "mail": Mail,
}
