"""When lessons unlock within an open access, and what the bot has seen of access that others have changed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import BOT, Base, OwnBase, cascade_fk, identity


class ModuleUnlocking(Base):
    """How a module's lessons unlock (db/lessons/unlocking.py): `in_order`, each once the one before it is done; `days`
    after access opened; from `at` on. Days and moment count for lessons that have none of their own. Without a row all
    are unlocked as long as access is open."""

    __tablename__ = "unlocking"
    __table_args__ = (CheckConstraint("days between 0 and 36500", name="days"), {"schema": BOT})

    module_id: Mapped[int] = mapped_column(
        ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    in_order: Mapped[bool] = mapped_column(server_default=sql("false"))
    days: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime | None]


class UnlockedLesson(OwnBase):
    """An admin has unlocked a lesson for one person. `unlocked_by`: the admin's Telegram id."""

    __tablename__ = "unlocked_lessons"

    user_id: Mapped[int] = cascade_fk("users.id", primary_key=True, autoincrement=False)
    lesson_id: Mapped[int] = cascade_fk("bot.lessons.id", primary_key=True, autoincrement=False, index=True)
    unlocked_by: Mapped[int]
    unlocked_at: Mapped[datetime]


class SeenAccess(Base):
    """An end of access that no change of ours has made, as it was first seen: its days count from then on."""

    __tablename__ = "seen_access"
    __table_args__ = (Index("ix_seen_access_user_id_module_id", "user_id", "module_id"), {"schema": BOT})

    id: Mapped[int] = identity()
    user_id: Mapped[int] = cascade_fk("users.id")
    module_id: Mapped[int] = cascade_fk("modules.id")
    ends_at: Mapped[datetime]
    seen_at: Mapped[datetime]
