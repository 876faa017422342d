"""What a handler is about to ask, asked along with who acts: one way to PostgreSQL instead of two.

It is a guess that nothing rests on. Whoever next asks the very same with the very same arguments is given what was
found; anything else that is asked first makes it forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncSession

from db.direct import DirectSession, result_of
from db.sql import text


@dataclass(frozen=True, slots=True)
class Ahead:
    """A statement of db/sql.py that only reads. Its arguments `user_id`, who acts, and `now` are still to come."""

    statement: TextClause
    values: Mapping[str, Any]


@lru_cache(maxsize=100)
def with_load(load: TextClause, statement: TextClause) -> TextClause:
    """Of `load`, which finds one row, what it finds comes first, then the place of what `statement` does."""
    asked = statement.text.replace(":user_id", "loaded.learner_id")
    both = text(
        f"with loaded as materialized (select one.*, case when session_id is not null then user_id end as learner_id"
        f" from ({load.text}) one)"
        f" select loaded.*, asked.* from loaded left join lateral"
        f" (select row_number() over () as place_, found.* from ({asked}) found) asked on true order by place_"
    )
    return both.bindparams(*load._bindparams.values())


async def load_with(
    session: AsyncSession, load: TextClause, values: Mapping[str, Any], ahead: Ahead | None
) -> Any:
    """The row that `load` finds, with `user_id` and `session_id` among its columns."""
    if ahead is None or not (isinstance(session, DirectSession) and session.is_direct):
        return (await session.execute(load, values)).one()
    found = await session.execute(with_load(load, ahead.statement), {**values, **ahead.values})
    names, rows = tuple(found.keys()), found.all()
    at = names.index("place_")
    row = result_of(names[:at], [rows[0][:at]]).one()
    there = [one[at + 1 :] for one in rows if one[at] is not None]
    known = {**ahead.values, "user_id": row.learner_id, "now": values["now"]}
    asked = {name: known[name] for name in ahead.statement._bindparams}
    session.expect(ahead.statement, asked, result_of(names[at + 1 :], there))
    return row
