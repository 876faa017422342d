"""The rights that the roles of migration and bot need, and the statements that give them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import asyncpg

CHANGE = ("SELECT", "INSERT", "UPDATE")
ALL = (
    *CHANGE,
    "DELETE",
)  # a merge takes away what the account that stays has as well; a deletion, what is nobody's
# What the statements of the bot do to each shared table; a row lock (FOR UPDATE) needs UPDATE too.
SHARED_RIGHTS = {
    "users": CHANGE,
    "devices": ("SELECT", "INSERT", "DELETE"),
    "users_devices": ALL,
    "sessions": ALL,
    "authidentities": ALL,
    "modules": CHANGE,
    "products": CHANGE,
    "purchases": CHANGE,
    "adminaccesshistory": CHANGE,
    "promocodes": CHANGE,
    "promocodeusages": CHANGE,
    "usermoduleaccess": ALL,
    "progress": ALL,
}
OWN_RIGHTS = ALL
REFERENCED = ("users", "modules", "products", "purchases")  # by foreign keys of schema bot


@dataclass(frozen=True)
class Obstacle:
    """Something the bot can't do, or (not `breaks`) can do only in part; `mend`: the statements that change that."""

    text: str
    mend: tuple[str, ...] = ()
    breaks: bool = True


async def list_missing_owner_rights(conn: asyncpg.Connection) -> list[Obstacle]:
    """Of the migrating role, before schema bot is added beside the shared tables."""
    role, database, create = await conn.fetchrow(
        "SELECT quote_ident(current_user), quote_ident(current_database()),"
        " to_regnamespace('bot') IS NOT NULL OR has_database_privilege(current_database(), 'CREATE')"
    )
    found = []
    if not create:
        grant = f"GRANT CREATE ON DATABASE {database} TO {role};"
        found.append(Obstacle(f"the role {role} may not create schema bot", (grant,)))
    wanted = dict.fromkeys(REFERENCED, ("REFERENCES",))
    return found + await _missing(conn, role, wanted)


async def list_missing_rights(conn: asyncpg.Connection) -> list[Obstacle]:
    """Of the bot's role, on the shared tables and, where it is there, on schema bot."""
    role = await conn.fetchval("SELECT quote_ident(current_user)")
    if not await conn.fetchval("SELECT has_schema_privilege('public', 'USAGE')"):
        grant = f"GRANT USAGE ON SCHEMA public TO {role};"
        return [Obstacle(f"the role {role} may not use schema public", (grant,))]
    found = await _missing(conn, role, SHARED_RIGHTS)
    if sequences := [row[0] for row in await conn.fetch(LIST_CLOSED_SEQUENCES, list(SHARED_RIGHTS))]:
        grants = tuple(f"GRANT USAGE ON SEQUENCE {name} TO {role};" for name in sequences)
        found.append(Obstacle(f"the role {role} may not use the sequences behind ids", grants))
    if await conn.fetchval(LACKS_OWN_RIGHTS, list(OWN_RIGHTS)):
        found.append(Obstacle(f"the role {role} may not use all of schema bot", tuple(own_grants(role))))
    return found


def own_grants(role: str) -> Iterator[str]:
    """Everything in schema bot, also what later migrations of the same owner add."""
    rights = ", ".join(OWN_RIGHTS)
    yield f"GRANT USAGE ON SCHEMA bot TO {role};"
    yield f"GRANT {rights} ON ALL TABLES IN SCHEMA bot TO {role};"
    yield f"GRANT USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA bot TO {role};"
    yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA bot GRANT {rights} ON TABLES TO {role};"
    yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA bot GRANT USAGE, UPDATE ON SEQUENCES TO {role};"


async def _missing(
    conn: asyncpg.Connection, role: str, wanted: Mapping[str, tuple[str, ...]]
) -> list[Obstacle]:
    pairs = [(table, right) for table, rights in wanted.items() for right in rights]
    rows = await conn.fetch(LIST_MISSING, [table for table, _ in pairs], [right for _, right in pairs])
    return [
        Obstacle(
            f"the role {role} may not {rights} on {table}",
            (f"GRANT {rights} ON public.{table} TO {role};",),
        )
        for table, rights in rows
    ]


LIST_MISSING = """
SELECT wanted.name, string_agg(wanted.privilege, ', ' ORDER BY place) FROM
  unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (name, privilege, place)
JOIN pg_class c ON c.relnamespace = to_regnamespace('public') AND c.relname = wanted.name
WHERE NOT has_table_privilege(c.oid, wanted.privilege)
GROUP BY wanted.name ORDER BY min(place)
"""

# Those of identity columns need no right of their own; those of DEFAULT nextval(…) do.
LIST_CLOSED_SEQUENCES = """
SELECT pg_get_serial_sequence(c.oid::regclass::text, a.attname)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND a.attidentity = '' AND a.atthasdef
WHERE c.relnamespace = to_regnamespace('public') AND c.relname = ANY($1)
  AND NOT has_sequence_privilege(pg_get_serial_sequence(c.oid::regclass::text, a.attname), 'USAGE')
"""

LACKS_OWN_RIGHTS = """
SELECT to_regnamespace('bot') IS NOT NULL AND (
  NOT has_schema_privilege('bot', 'USAGE')
  OR EXISTS (SELECT FROM pg_class c, unnest($1::text[]) AS wanted (privilege)
             WHERE c.relnamespace = to_regnamespace('bot') AND c.relkind IN ('r', 'p')
               AND NOT has_table_privilege(c.oid, wanted.privilege))
  OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = to_regnamespace('bot') AND CASE WHEN c.relkind = 'S'
               THEN NOT (has_sequence_privilege(c.oid, 'USAGE') AND has_sequence_privilege(c.oid, 'UPDATE')) END)
)
"""
