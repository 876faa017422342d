"""What loading a catalogue file changed, in words for whoever loads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

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

    def to_facts(self) -> dict[str, Any]:
        """As JSON; long values are left out."""
        fields = [(name, *_plain(before, after)) for name, before, after in self.fields]
        return {"action": self.action.value, "table": self.table, "key": self.key, "fields": fields}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "CatalogueChange":
        fields = tuple((name, before, after) for name, before, after in facts["fields"])
        return cls(Action(facts["action"]), facts["table"], facts["key"], fields)

    def __str__(self) -> str:
        head = f"{self.action} {self.table} {self.key}"
        return f"{head}: {', '.join(_shown(*field) for field in self.fields)}" if self.fields else head


def _plain(before: object, after: object) -> tuple[object, object]:
    """Both as they are, or neither where one is long: it is enough that the field was changed."""
    values = tuple(
        one if isinstance(one, bool | int) else None if one in (None, [], "") else _value(one)
        for one in (before, after)
    )
    if any(isinstance(one, str) and (len(one) > MAX_SHOWN or "\n" in one) for one in values):
        return None, None
    return values[0], values[1]


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
