"""What admins do, kept to be read afterwards."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import BOT, Base, identity


class Act(Base):
    """One thing that an admin did: who (`telegram_id`, 0 for the command line), what (`kind`), to whom, with what was
    so before and after (`facts`), and why. Written in the transaction that does it."""

    __tablename__ = "acts"
    __table_args__ = (
        Index("ix_acts_user_id_id", "user_id", "id"),
        Index("ix_acts_telegram_id_id", "telegram_id", "id"),
        Index("ix_acts_kind_id", "kind", "id"),
        Index("ix_acts_telegram_id_kind_id", "telegram_id", "kind", "id"),
        Index("ix_acts_created_at", "created_at"),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    telegram_id: Mapped[int]
    kind: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    facts: Mapped[dict[str, Any]]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
