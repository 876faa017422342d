"""Who helps the owners in the chat."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base
from db.tables.own import BOT


class GivenRole(Base):
    """What an owner lets the person of a chat do. By chat, as owners are: whoever signs in to the same account from
    another chat has no part in it, and it ends with the account (docs/design.md#an-account-that-is-deleted)."""

    __tablename__ = "roles"
    __table_args__ = ({"schema": BOT},)

    telegram_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[str]
    created_at: Mapped[datetime]
