"""What people and the school write to each other."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import BOT, Base, cascade_fk, identity


class SupportThread(Base):
    """A conversation of the chat `telegram_id` with the school, open until `closed_at`. `asked_at` and `answered_at`:
    when either side has written last."""

    __tablename__ = "support_threads"
    __table_args__ = (
        Index(
            "uq_support_threads_open", "telegram_id", unique=True, postgresql_where=sql("closed_at is null")
        ),
        Index("ix_support_threads_user_id", "user_id"),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    telegram_id: Mapped[int]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    opened_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class SupportMessage(Base):
    """A message as it stands in the chat `chat_id`, of the person or of the admin with that Telegram id. `text` is
    HTML, a file's caption for one; empty where there is none."""

    __tablename__ = "support_messages"
    __table_args__ = (Index("ix_support_messages_thread_id_id", "thread_id", "id"), {"schema": BOT})

    id: Mapped[int] = identity()
    thread_id: Mapped[int] = cascade_fk("bot.support_threads.id")
    admin_id: Mapped[int | None]
    chat_id: Mapped[int]
    message_id: Mapped[int]
    kind: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]


class SupportCopy(Base):
    """A message of the bot that shows a thread, or a message of it: what is written in reply to it belongs there.
    `of_id` is None for one that shows the thread as a whole."""

    __tablename__ = "support_copies"
    __table_args__ = (Index("ix_support_copies_of_id", "of_id"), {"schema": BOT})

    chat_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    thread_id: Mapped[int] = cascade_fk("bot.support_threads.id", index=True)
    of_id: Mapped[int | None] = mapped_column(ForeignKey("bot.support_messages.id", ondelete="CASCADE"))
