"""Ids that are taken: an identity stands behind the ids of its table where rows came with ids of their own (an import,
EF Core's HasData). An insert then collides until the identity has passed them.
"""

import re
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

MAX_SKIPPED = 10_000  # ids at once, where they have to be used up one by one


@dataclass(frozen=True, slots=True)
class TakenId:
    """`table` (of schema public) has a row whose `column` is `id` already."""

    table: str
    column: str
    id: int


def find_taken_id(error: BaseException) -> TakenId | None:
    """What an insert into a shared table collided with, where that was the id the database had given it."""
    if not isinstance(error, IntegrityError) or error.orig is None:
        return None
    cause = error.orig.__cause__
    # The detail is in the server's language, but the key in it is not: "Key (id)=(7) already exists."
    key = re.search(r"\((id|product_id)\)=\((\d+)\)", getattr(cause, "detail", None) or "")
    if (
        key is None
        or getattr(cause, "sqlstate", "") != "23505"
        or getattr(cause, "schema_name", "") != "public"
    ):
        return None
    return TakenId(str(getattr(cause, "table_name", "")), key[1], int(key[2]))


async def skip_taken_ids(connection: AsyncConnection, taken: TakenId) -> None:
    """Moves the identity past the ids of its table, for the next try. `connection` is in no transaction."""
    place = {"table": f"public.{taken.table}", "column": taken.column}
    if await connection.scalar(text(MAY_SET), place):
        await connection.execute(text(SET.format(taken=taken)), place)
        await connection.commit()
        return
    columns = (await connection.execute(text(NEEDED_COLUMNS), place)).all()
    most = await connection.scalar(text(f"select max({taken.column}) from public.{taken.table}"))
    values = {"count": min(int(most or 0) - taken.id + 1, MAX_SKIPPED)}
    names = ", ".join(row.name for row in columns)
    fillers = ", ".join(FILLERS[row.type] for row in columns)
    # Whoever may insert may use ids up: what a rolled-back insert took of an identity stays taken.
    await connection.execute(
        text(
            f"insert into public.{taken.table} ({names}) select {fillers} from generate_series(1, :count)"
            " on conflict do nothing"
        ),
        values,
    )
    await connection.rollback()


MAY_SET = "select has_sequence_privilege(pg_get_serial_sequence(:table, :column), 'UPDATE')"
SET = """
select setval(pg_get_serial_sequence(:table, :column), (select max({taken.column}) from public.{taken.table}))
"""
NEEDED_COLUMNS = """
select attname as name, typcategory::text as type from pg_attribute join pg_type on pg_type.oid = atttypid
where attrelid = cast(cast(:table as text) as regclass) and attnum > 0 and not attisdropped
  and attnotnull and not atthasdef and attidentity = '' and attname <> :column
"""
FILLERS = {"N": "0", "S": "''", "D": "now()", "B": "false", "U": "null"}  # by PostgreSQL's category of type
