"""What is wrong with a catalogue file."""

from typing import Any

from db.catalogue.faults import Fault


class CatalogueError(Exception):
    """`lines`: one for each mistake, with its place in the file."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def said(problem: Any) -> str:
    """By a check of ours, or by pydantic: of its types of mistakes those that a file can have."""
    known, english = dict(problem.get("ctx", {})), problem["msg"].removeprefix("Value error, ")
    error = known.pop("error", None)
    if isinstance(error, ValueError) and isinstance(error.args[0], Fault):
        return error.args[0]
    if "expected" in known:
        known["expected"] = known["expected"].replace(" or ", ", ")
    pattern = PYDANTIC.get(problem["type"])
    return Fault(pattern, said=english, **known) if pattern else str(english)


PYDANTIC = {
    "int_type": Fault("has to be a whole number"),
    "string_type": Fault("has to be a text in quotes"),
    "bool_type": Fault("has to be true or false"),
    "list_type": Fault("has to be a list"),
    "datetime_type": Fault("has to be a moment such as 2026-12-01T10:00:00+03:00"),
    "literal_error": Fault("has to be {expected}"),
    "greater_than_equal": Fault("has to be {ge} or more"),
    "less_than_equal": Fault("has to be {le} or less"),
    "string_too_long": Fault("may have at most {max_length} characters"),
}
