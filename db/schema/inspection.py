"""What PostgreSQL's catalogues tell about tables of schema `public`, as far as the contract asks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

import asyncpg

Key = frozenset[str]

KIND_NAMES = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}

LIST_TABLES = """
SELECT oid, relname AS name, relkind::text AS kind FROM pg_class
WHERE relnamespace = to_regnamespace('public') AND relname = ANY($1) AND relkind = ANY('{r,p,v,m,f}')
"""

LIST_COLUMNS = """
SELECT attrelid AS oid, attname AS name, format_type(atttypid, atttypmod) AS type, NOT attnotnull AS nullable,
       attidentity::text AS identity, attgenerated <> '' AS generated,
       atthasdef AND attgenerated = '' AS has_default
FROM pg_attribute WHERE attrelid = ANY($1) AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum
"""

# A unique index serves as a key only if it holds for every row at once: not partial, not on expressions, not
# deferrable (ON CONFLICT cannot use it), not left invalid by a failed CREATE INDEX CONCURRENTLY.
LIST_UNIQUE_INDEXES = """
SELECT i.indrelid AS oid, i.indisprimary AS is_primary, pg_get_indexdef(i.indexrelid) AS definition,
       i.indpred IS NULL AND i.indexprs IS NULL AND i.indimmediate AND i.indisvalid AS sound,
       i.indimmediate AS immediate, i.indisvalid AS valid,
       ARRAY(
         SELECT a.attname::text FROM pg_attribute a
         WHERE a.attrelid = i.indrelid AND (
           a.attnum IN (SELECT i.indkey[k] FROM generate_series(0, i.indnkeyatts - 1) AS k)
           OR i.indexprs IS NOT NULL AND a.attnum IN (
             SELECT d.refobjsubid FROM pg_depend d
             WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = i.indrelid
               AND d.refobjsubid > 0))
       ) AS columns
FROM pg_index i WHERE i.indrelid = ANY($1) AND i.indisunique
ORDER BY i.indexrelid
"""

LIST_CONSTRAINTS = """
SELECT c.conrelid AS oid, c.contype::text AS type, pg_get_constraintdef(c.oid) AS definition,
       ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k(num, pos)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num ORDER BY k.pos) AS columns,
       CASE WHEN t.relnamespace = to_regnamespace('public') THEN '' ELSE t.relnamespace::regnamespace || '.' END
         || t.relname AS target,
       ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k(num, pos)
             JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num ORDER BY k.pos) AS target_columns
FROM pg_constraint c LEFT JOIN pg_class t ON t.oid = c.confrelid
WHERE c.conrelid = ANY($1) AND c.contype = ANY('{f,c,x}')
ORDER BY c.oid
"""


# Which column it was, the server does not say. A person's name is cut, and a currency has three letters.
LIST_NARROW = """
SELECT format('ALTER TABLE public.%I ALTER COLUMN %I TYPE text;', c.relname, a.attname)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = to_regnamespace('public') AND c.relname = ANY(:names) AND NOT a.attisdropped
  AND a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod BETWEEN 5 AND 67
  AND a.attname <> 'currency' AND (c.relname, a.attname) <> ('users', 'name')
ORDER BY c.relname, a.attnum
"""


# Of the database's owner: neither PostgreSQL's nor an extension's, nor ours.
LIST_OTHER_TABLES = """
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = ANY('{r,p,v,m,f}') AND n.nspname NOT IN ('information_schema', 'bot') AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
ORDER BY n.nspname <> 'public', n.nspname, c.relname
"""


@dataclass(frozen=True)
class FoundColumn:
    """`identity` is 'a' (always), 'd' (by default) or empty."""

    type: str
    nullable: bool
    identity: str
    generated: bool
    has_default: bool


@dataclass(frozen=True)
class OddIndex:
    """A unique index that is no key: partial, on expressions, deferrable or invalid."""

    columns: Key
    definition: str


@dataclass
class FoundTable:
    """A table as it is. `weak_keys`: foreign keys that are not valid or not enforced, by their columns."""

    name: str
    kind: str
    columns: dict[str, FoundColumn] = field(default_factory=dict)
    primary_key: Key = frozenset()
    unique: set[Key] = field(default_factory=set)
    odd_unique: list[OddIndex] = field(default_factory=list)
    foreign_keys: set[tuple[str, str]] = field(default_factory=set)
    weak_keys: dict[str, str] = field(default_factory=dict)
    other_constraints: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_table(self) -> bool:
        return self.kind == "table"

    def instead_of(self, key: Key) -> str | None:
        """The unique index over just these columns that fails to be a key."""
        return next((index.definition for index in self.odd_unique if index.columns == key), None)


async def read_tables(conn: asyncpg.Connection, names: Sequence[str]) -> dict[str, FoundTable]:
    """The tables of schema `public` that have one of these names, by name."""
    by_oid: dict[int, FoundTable] = {}
    for row in await conn.fetch(LIST_TABLES, names):
        by_oid[row["oid"]] = FoundTable(row["name"], KIND_NAMES[row["kind"]])
    oids = list(by_oid)
    for row in await conn.fetch(LIST_COLUMNS, oids):
        by_oid[row["oid"]].columns[row["name"]] = _column(row)
    for row in await conn.fetch(LIST_UNIQUE_INDEXES, oids):
        _add_unique(by_oid[row["oid"]], row)
    for row in await conn.fetch(LIST_CONSTRAINTS, oids):
        _add_constraint(by_oid[row["oid"]], row)
    return {table.name: table for table in by_oid.values()}


def _column(row: asyncpg.Record) -> FoundColumn:
    return FoundColumn(row["type"], row["nullable"], row["identity"], row["generated"], row["has_default"])


def _add_unique(table: FoundTable, row: asyncpg.Record) -> None:
    key = frozenset(row["columns"])
    if row["is_primary"] and row["sound"]:
        table.primary_key = key
    elif row["sound"]:
        table.unique.add(key)
    else:
        flaw = "" if row["valid"] else " (invalid)"
        flaw += "" if row["immediate"] else " (deferrable)"
        table.odd_unique.append(OddIndex(key, row["definition"] + flaw))


def _add_constraint(table: FoundTable, row: asyncpg.Record) -> None:
    columns = ", ".join(row["columns"])
    if row["type"] != "f":
        table.other_constraints.append((columns, row["definition"]))
    elif row["definition"].endswith(("NOT VALID", "NOT ENFORCED")):
        table.weak_keys[columns] = row["definition"]
    else:
        table.foreign_keys.add((columns, f"{row['target']}.{', '.join(row['target_columns'])}"))


@dataclass(frozen=True)
class OtherTable:
    """`name` with its schema, quoted where SQL needs it; `near`: the shared table whose name comes near, or empty."""

    name: str
    near: str


async def list_other_tables(conn: asyncpg.Connection, names: Sequence[str]) -> list[OtherTable]:
    """All tables and views beside ours, schema public first; `names` are the shared ones."""
    plain = {_letters(name): name for name in names}
    return [
        OtherTable(f"{_quoted(row['schema'])}.{_quoted(row['name'])}", _near(row["name"], plain))
        for row in await conn.fetch(LIST_OTHER_TABLES)
    ]


def _near(name: str, plain: dict[str, str]) -> str:
    """EF Core's UserModuleAccess, another's user_module_access, a singular."""
    close = get_close_matches(_letters(name), plain, 1, 0.75)
    return plain[close[0]] if close else ""


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())


def _quoted(name: str) -> str:
    return name if re.fullmatch("[a-z_][a-z0-9_]*", name) else f'"{name}"'
