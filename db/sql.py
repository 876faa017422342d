"""Statements that are written out."""

import re
from functools import lru_cache

import sqlalchemy
from sqlalchemy import TextClause


@lru_cache(maxsize=1000)
def text(statement: str) -> TextClause:
    """SQLAlchemy's, which otherwise looks for the names of the arguments each time that the statement is sent."""
    return sqlalchemy.text(statement)


ARGUMENT = re.compile(r"(?<![:\w]):(\w+)")


@lru_cache(maxsize=1000)
def together(parts: tuple[str, ...], then: str) -> TextClause:
    """One statement of several: each part is CTEs, in which # stands for its number. Its arguments end with that."""
    numbered = [
        ARGUMENT.sub(rf":\g<1>{number}", part.replace("#", str(number))) for number, part in enumerate(parts)
    ]
    return text(f"with {', '.join(numbered)} {then.replace('#', str(len(parts) - 1))}")


READS = re.compile(r"\s*(select|with)\b", re.I)
# In whatever meaning: who waits for a lock has begun, too.
MAY_WRITE = re.compile(
    r"\b(insert|update|delete|merge|truncate|share|nextval|setval|set_config|pg_notify|pg_advisory\w*)\b",
    re.I,
)


@lru_cache(maxsize=4096)
def only_reads(statement: str) -> bool:
    """Rather False where that is uncertain."""
    return READS.match(statement) is not None and MAY_WRITE.search(statement) is None
