"""What schema `bot` keeps of accounts beyond the shared tables."""

from datetime import datetime

from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, cascade_fk
from db.tables.own import BOT


class TelegramAccount(Base):
    """An account born in Telegram. Until an address is proven, its `users.email` is a placeholder
    (db/placeholders.py)."""

    __tablename__ = "telegram_accounts"
    __table_args__ = {"schema": BOT}  # noqa: RUF012

    user_id: Mapped[int] = cascade_fk("users.id", primary_key=True, autoincrement=False)
    telegram_id: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))


class Contact(Base):
    """Where a person wants to be written to, as they typed it: nobody's proof of anything before `proven_at`, so two
    people may have typed the same. `kind` is email; `value` in its normal form (db/normal.py)."""

    __tablename__ = "contacts"
    __table_args__ = {"schema": BOT}  # noqa: RUF012

    user_id: Mapped[int] = cascade_fk("users.id", primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(index=True)
    proven_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
