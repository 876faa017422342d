"""Holds a database against the contract: the 13 shared tables, as `contract.toml` has them.

What is compared: tables, columns, types, nullability, primary keys, unique keys, foreign keys, and that an
insert without an id works. A difference that breaks a statement of ours is refused, any other is advice: an added
column that may be left out, text of another type, further keys and checks. What is the other application's own
business: names and order of constraints, indexes that are not unique, whether a unique key is a constraint or an
index, delete and update actions of foreign keys, defaults, the order of columns, and every other table.
"""

import functools
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from db.schema.inspection import FoundColumn, FoundTable, Key, read_tables

TEXT_TYPES = re.compile(r"text|character varying(\(\d+\))?|(\w+\.)?citext")
SPELLED_OUT = {"timestamptz": "timestamp with time zone", "char(3)": "character(3)"}


@dataclass(frozen=True)
class Difference:
    """One thing of a shared table that is not as the contract says; `column` is empty for the table itself.

    `breaks`: a statement of ours fails on it, or a rule rests on it. `mend`: the statement that puts it right, where
    there is one.
    """

    table: str
    column: str
    expected: str
    found: str
    breaks: bool = True
    mend: str = ""

    def __str__(self) -> str:
        place = f"{self.table}.{self.column}" if self.column else self.table
        return f"{place}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True)
class Column:
    type: str
    nullable: bool


@dataclass(frozen=True)
class Table:
    """A table of the contract; keys are sets of columns, since their order is not part of it."""

    name: str
    columns: dict[str, Column]
    primary_key: Key
    unique: frozenset[Key]
    foreign_keys: frozenset[tuple[str, str]]

    @property
    def identity(self) -> str | None:
        """The column whose value the database gives."""
        return next(iter(self.primary_key)) if len(self.primary_key) == 1 else None


@functools.cache
def load_contract() -> dict[str, Table]:
    """The shared tables by name."""
    data = tomllib.loads(Path(__file__).with_name("contract.toml").read_text("utf-8"))
    return {name: _table(name, told) for name, told in data.items()}


def _table(name: str, told: dict[str, Any]) -> Table:
    return Table(
        name=name,
        columns={column: _column(text) for column, text in told["columns"].items()},
        primary_key=frozenset(told["primary_key"]),
        unique=frozenset(frozenset(key) for key in told.get("unique", ())),
        foreign_keys=frozenset(told.get("foreign_keys", {}).items()),
    )


def _column(text: str) -> Column:
    type_ = text.removesuffix("?")
    return Column(SPELLED_OUT.get(type_, type_), text.endswith("?"))


async def list_differences(conn: asyncpg.Connection) -> list[Difference]:
    """What of the shared tables is not as the contract says, in its order. The database may be used unless one of them
    `breaks`."""
    found = await read_tables(conn, list(load_contract()))
    return [
        difference
        for table in load_contract().values()
        for difference in _differ(table, found.get(table.name))
    ]


def _differ(table: Table, found: FoundTable | None) -> Iterator[Difference]:
    if found is None:
        yield Difference(table.name, "", "a table", "none")
    elif not found.is_table:
        yield Difference(table.name, "", "a table", f"a {found.kind}")
    else:
        yield from _columns_differ(table, found)
        yield from _identity_differs(table, found)
        yield from _keys_differ(table, found)
        yield from _foreign_keys_differ(table, found)
        for columns, definition in found.other_constraints:
            yield Difference(table.name, columns, "no further constraint", definition, breaks=False)


def _columns_differ(table: Table, found: FoundTable) -> Iterator[Difference]:
    for name, column in table.columns.items():
        there = found.columns.get(name)
        if there is None:
            mend = (
                f"ALTER TABLE public.{table.name} ADD COLUMN {name} {column.type};" if column.nullable else ""
            )
            yield Difference(table.name, name, column.type, "no such column", mend=mend)
            continue
        alter = f"ALTER TABLE public.{table.name} ALTER COLUMN {name}"
        if there.type != column.type:
            breaks, mend = not _interchangeable(column.type, there.type), f"{alter} TYPE {column.type};"
            yield Difference(table.name, name, column.type, there.type, breaks, mend)
        if there.nullable != column.nullable:
            mend = f"{alter} {'DROP' if column.nullable else 'SET'} NOT NULL;"
            yield Difference(table.name, name, _null(column.nullable), _null(there.nullable), mend=mend)
        if there.generated:
            yield Difference(table.name, name, "a column that can be written", "a generated column")
    for name in found.columns.keys() - table.columns.keys():
        yield _added(table.name, name, found.columns[name])


def _interchangeable(expected: str, found: str) -> bool:
    """Whether our statements work on either: texts of any type, and integers with more room."""
    if expected in ("text", "character(3)"):
        return TEXT_TYPES.fullmatch(found) is not None
    return (expected, found) == ("integer", "bigint")


def _added(table: str, name: str, there: FoundColumn) -> Difference:
    """A column of the other application's own: our inserts leave it out, so it must not need a value."""
    needed = not (there.nullable or there.has_default or there.identity or there.generated)
    mend = f'ALTER TABLE public.{table} ALTER COLUMN "{name}" DROP NOT NULL;' if needed else ""
    found = f"{there.type}{', NOT NULL without a default' if needed else ''}"
    return Difference(table, name, "no such column", found, needed, mend)


def _identity_differs(table: Table, found: FoundTable) -> Iterator[Difference]:
    """Any default will do (EF Core writes BY DEFAULT, older tools a sequence): our inserts give no ids."""
    wanted = "generated by default as identity"
    for name in table.columns.keys() & found.columns.keys():
        there = found.columns[name]
        if there.identity == "a":
            yield Difference(table.name, name, wanted, "generated always as identity", breaks=False)
        elif name == table.identity and not (there.identity or there.has_default):
            mend = (
                f"ALTER TABLE public.{table.name} ALTER COLUMN {name} ADD GENERATED BY DEFAULT AS IDENTITY;"
            )
            yield Difference(table.name, name, wanted, "no identity and no default", mend=mend)


def _keys_differ(table: Table, found: FoundTable) -> Iterator[Difference]:
    if found.primary_key != table.primary_key:
        there = _key("PRIMARY KEY", found.primary_key) if found.primary_key else "no primary key"
        yield Difference(table.name, _named(table.primary_key), _key("PRIMARY KEY", table.primary_key), there)
    missing = table.unique - found.unique
    for key in sorted(missing, key=sorted):
        there = found.instead_of(key) or "no unique key"
        mend = f"CREATE UNIQUE INDEX ON public.{table.name} ({_named(key)});"
        yield Difference(table.name, _named(key), _key("UNIQUE", key), there, mend=mend)
    for key in sorted(found.unique - table.unique - {table.primary_key}, key=sorted):
        yield Difference(table.name, _named(key), "not unique", _key("UNIQUE", key), breaks=False)
    for index in found.odd_unique:
        if index.columns not in missing:
            yield Difference(table.name, _named(index.columns), "not unique", index.definition, breaks=False)


def _foreign_keys_differ(table: Table, found: FoundTable) -> Iterator[Difference]:
    """No statement of ours needs one; one that is there may still refuse a row, which trying shows."""
    for column, target in sorted(table.foreign_keys - found.foreign_keys):
        there = found.weak_keys.get(column, "none")
        yield Difference(table.name, column, f"a foreign key to {target}", there, breaks=False)
    for column, target in sorted(found.foreign_keys - table.foreign_keys):
        there = f"a foreign key to {target}"
        yield Difference(table.name, column, "no such foreign key", there, breaks=False)
    for column in sorted(found.weak_keys.keys() - dict(table.foreign_keys)):
        yield Difference(table.name, column, "no such foreign key", found.weak_keys[column], breaks=False)


def _null(nullable: bool) -> str:
    return "NULL allowed" if nullable else "NOT NULL"


def _named(key: Key) -> str:
    return ", ".join(sorted(key))


def _key(kind: str, key: Key) -> str:
    return f"{kind} ({_named(key)})"
