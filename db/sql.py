"""Statements that are written out."""

from functools import lru_cache

import sqlalchemy
from sqlalchemy import TextClause


@lru_cache(maxsize=1000)
def text(statement: str) -> TextClause:
    """SQLAlchemy's, which otherwise looks for the names of the arguments each time that the statement is sent."""
    return sqlalchemy.text(statement)
