"""All that is sent beside replies: one row per person, channel, kind and occasion."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import BOT, Base, OwnBase, cascade_fk, identity


class OutboxMessage(Base):
    """`recipient`: an e-mail address or a Telegram id. `occasion`: what of that kind it is about, so that nobody hears
    of it twice. `payload` is worded in `language` when it is sent. `asked_by`: the Telegram id of who waits for it, and
    is told where it can't be sent. `claimed_at` is when a worker last began to send it; `error` what the server said
    last, as a code."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("user_id", "channel", "kind", "occasion"),
        CheckConstraint("channel in ('mail', 'telegram')", name="channel"),
        CheckConstraint(
            "state in ('waiting', 'sending', 'sent', 'failed', 'unknown', 'dropped')", name="state"
        ),
        Index("ix_outbox_open", "due_at", postgresql_where=sql("state in ('waiting', 'sending')")),
        Index("ix_outbox_created_at", "created_at"),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    channel: Mapped[str]
    recipient: Mapped[str]
    kind: Mapped[str]
    occasion: Mapped[str]
    language: Mapped[str]
    payload: Mapped[dict[str, Any]]
    asked_by: Mapped[int | None]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default=sql("'waiting'"))
    tries: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class MailSubscription(OwnBase):
    """Whoever has `token` unsubscribes the account from news by mail. After a merge an account has several."""

    __tablename__ = "mail_subscriptions"

    token: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = cascade_fk("users.id", index=True)
    unsubscribed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
