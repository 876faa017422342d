"""What loading a catalogue file changed, in words for whoever loads it."""

from dataclasses import dataclass
from enum import StrEnum

MAX_SHOWN = 60  # characters of a value that a change still spells out


class Action(StrEnum):
    """ADOPTED: a row of the other application that the file has given a key."""

    ADDED = "added"
    ADOPTED = "adopted"
    UPDATED = "updated"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class CatalogueChange:
    """`fields`: name, value before, value after. A product's offers and a module's lessons are `product/offer` and
    `module/lesson`."""

    action: Action
    table: str
    key: str
    fields: tuple[tuple[str, object, object], ...] = ()

    def __str__(self) -> str:
        head = f"{self.action} {self.table} {self.key}"
        return f"{head}: {', '.join(_shown(*field) for field in self.fields)}" if self.fields else head


def _shown(name: str, before: object, after: object) -> str:
    values = [_value(before), _value(after)]
    if any(len(value) > MAX_SHOWN or "\n" in value for value in values):
        return name
    return f"{name} {values[0]} → {values[1]}"


def _value(value: object) -> str:
    match value:
        case None | [] | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
