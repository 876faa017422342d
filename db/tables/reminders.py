"""At which hour of their own day people are reminded, and of what not."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import BOT, Base


class ReminderSettings(Base):
    """`zone`: a name of the tz database; None as long as nobody has said it: the school's. `hour`: of the local day.
    `muted`: groups of kinds (db.reminders.due). `next_at`: when it is that hour next, long ago until that is known.
    `moves`: which zone was theirs before, by the moment until when."""

    __tablename__ = "reminders"
    __table_args__ = (CheckConstraint("hour between 8 and 21", name="hour"), {"schema": BOT})

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    zone: Mapped[str | None]
    hour: Mapped[int] = mapped_column(Integer, server_default=sql("12"))
    muted: Mapped[list[str]] = mapped_column(server_default=sql("'{}'"))
    moves: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    next_at: Mapped[datetime] = mapped_column(server_default=sql("'-infinity'"), index=True)
