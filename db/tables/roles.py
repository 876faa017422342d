"""Who helps the owners in the chat."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import OwnBase


class GivenRole(OwnBase):
    """What an owner lets the person of a chat do. By chat, as owners are: whoever signs in to the same account from
    another chat has no part in it, and it ends with the account (docs/design.md#an-account-that-is-deleted)."""

    __tablename__ = "roles"

    telegram_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[str]
    created_at: Mapped[datetime]
