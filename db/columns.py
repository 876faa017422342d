"""Columns of the shared tables that the other application has made narrower than ours."""

from sqlalchemy import ColumnElement, column, func, literal, select, table
from sqlalchemy.orm import InstrumentedAttribute

COLUMNS = table("pg_attribute", column("attrelid"), column("attname"), column("atttypmod"))


def cut_to_column(attribute: InstrumentedAttribute[str | None], value: str) -> ColumnElement[str]:
    """As much of the value as the column takes, for an insert: rather a shortened name than nobody let in."""
    width = (
        select(COLUMNS.c.atttypmod - 4)  # varchar(n) is kept as n + 4, text as -1
        .where(
            COLUMNS.c.attrelid == func.to_regclass(attribute.class_.__tablename__),
            COLUMNS.c.attname == attribute.key,
            COLUMNS.c.atttypmod > 4,
        )
        .scalar_subquery()
    )
    return func.left(literal(value), func.coalesce(width, len(value)))
