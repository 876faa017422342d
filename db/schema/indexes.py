"""Indexes the bot would like on the shared tables. Migrations make them; in an adopted database, whose tables are the
other application's, they are only told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from db.normal import UNUSUAL_EMAIL


@dataclass(frozen=True)
class WantedIndex:
    """`columns` are column names or expressions as PostgreSQL prints them; `where` makes it partial."""

    table: str
    columns: tuple[str, ...]
    name: str
    where: str = ""
    method: str = ""

    @property
    def statement(self) -> str:
        """CONCURRENTLY: the tables of a running shop must stay writable meanwhile."""
        where = f" WHERE {self.where}" if self.where else ""
        method = f"USING {self.method} " if self.method else ""
        columns = ", ".join(self.columns)
        return f"CREATE INDEX CONCURRENTLY {self.name} ON public.{self.table} {method}({columns}){where};"


def _on(table: str, *columns: str, where: str = "") -> WantedIndex:
    return WantedIndex(table, columns, f"ix_{table}_{'_'.join(columns)}", where)


WANTED_INDEXES = (
    WantedIndex("users", ('lower(email COLLATE "C")',), "ix_users_lower_email_c"),
    WantedIndex("users", ("id",), "ix_users_unusual_email", where=UNUSUAL_EMAIL),
    _on("users", "phone"),
    WantedIndex("users", ("to_tsvector('simple'::regconfig, name)",), "ix_users_name_words", method="gin"),
    _on("users_devices", "device_id"),
    _on("sessions", "user_id"),
    _on("sessions", "device_id"),
    _on("authidentities", "user_id"),
    _on("authidentities", "providerkey"),
    _on("products", "module_id"),
    _on("purchases", "user_id"),
    _on("purchases", "product_id"),
    _on("purchases", "status", where="status = 'pending'"),
    _on("purchases", "purchased_at"),
    _on("adminaccesshistory", "admin_id"),
    _on("adminaccesshistory", "target_user_id"),
    _on("adminaccesshistory", "product_id"),
    _on("promocodes", "product_id"),
    _on("promocodeusages", "code_id", "user_id"),
    _on("promocodeusages", "user_id"),
    _on("usermoduleaccess", "module_id"),
    _on("usermoduleaccess", "ends_at"),
    _on("progress", "user_id", "lesson_id"),
)

LIST_INDEXES = """
SELECT t.relname AS table, pg_get_expr(i.indpred, i.indrelid) AS predicate,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) AS k) AS columns
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relnamespace = to_regnamespace('public') AND t.relname = ANY($1) AND i.indisvalid
"""


async def wanted_indexes(conn: asyncpg.Connection) -> list[str]:
    """CREATE INDEX statements for what is missing, each to be run by itself, outside a transaction.

    An index serves if the wanted columns lead it, whatever its name; a partial one only if it is partial alike.
    """
    present = await conn.fetch(LIST_INDEXES, [wanted.table for wanted in WANTED_INDEXES])
    return [wanted.statement for wanted in WANTED_INDEXES if not _served(wanted, present)]


def _served(wanted: WantedIndex, present: Sequence[asyncpg.Record]) -> bool:
    return any(
        row["table"] == wanted.table
        and tuple(row["columns"][: len(wanted.columns)]) == wanted.columns
        and (row["predicate"] is None or _same_condition(row["predicate"], wanted.where))
        for row in present
    )


def _same_condition(printed: str, wanted: str) -> bool:
    """PostgreSQL prints a predicate in parentheses and casts its literals to text."""
    return printed.removeprefix("(").removesuffix(")").replace("::text", "") == wanted
