"""What the tables have in common."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, MetaData, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """`int` is bigint (Telegram ids need it); smaller numbers say Integer."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy as it stands
        int: BigInteger,
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
    }


def identity() -> Mapped[int]:
    return mapped_column(BigInteger, Identity(), primary_key=True)


def cascade_fk(target: str, **options: Any) -> Mapped[int]:
    """A link that goes with the row it names."""
    return mapped_column(ForeignKey(target, ondelete="CASCADE"), **options)


def set_null_fk(target: str, **options: Any) -> Mapped[int | None]:
    """A link of a record of money: the record outlives the row it names."""
    return mapped_column(ForeignKey(target, ondelete="SET NULL"), **options)
