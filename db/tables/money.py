"""What the bot keeps of money beyond the purchase itself: refunds, payments nobody claims, alarms, ledgers read, what
could not be read in them, and what keeps failing."""

from datetime import datetime
from typing import Any

from sqlalchemy import CHAR, CheckConstraint, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import BOT, Base, OwnBase, identity, set_null_fk
from db.tables.own import NOW


class Refund(Base):
    """`status`: draft (an admin was asked to confirm), pending, succeeded, canceled. `days_taken` of the access.

    `key` and `request` are frozen as an attempt's are; a refund made in the provider's dashboard has no request.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("provider", "provider_refund_id"),
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_refunds_pending", "id", postgresql_where=sql("status = 'pending'")),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    purchase_id: Mapped[int | None] = set_null_fk("purchases.id", index=True)
    provider: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    request: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    provider_refund_id: Mapped[str | None]
    status: Mapped[str]
    days_taken: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    asked_by: Mapped[int | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    error: Mapped[str | None]


class ParkedPayment(Base):
    """Money that came in and that no purchase explains: shown to admins until one of them assigns it."""

    __tablename__ = "parked_payments"
    __table_args__ = (UniqueConstraint("provider", "payment_id"), {"schema": BOT})

    id: Mapped[int] = identity()
    provider: Mapped[str]
    payment_id: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    paid_at: Mapped[datetime]
    telegram_id: Mapped[int | None]
    payload: Mapped[str | None]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    solved_at: Mapped[datetime | None]
    purchase_id: Mapped[int | None] = set_null_fk("purchases.id", index=True)


class Alert(Base):
    """Told to the admins once, and on /admin until it is solved. `dismissed`: an admin has solved it by a button."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index("uq_alerts_open", "kind", "subject", unique=True, postgresql_where=sql("solved_at is null")),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    kind: Mapped[str]
    subject: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    solved_at: Mapped[datetime | None]
    dismissed: Mapped[bool] = mapped_column(server_default=sql("false"))


class Cursor(OwnBase):
    """How far a provider's ledger has been read, accesses looked at (db/audit.py), rows of the other
    application copied (db/history_elsewhere.py), and the clock moved."""

    __tablename__ = "cursors"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class UnreadItem(Base):
    """An item of a provider's list in which what decides can't be read, as it came (its beginning, where it is long):
    the alarm about it names its `subject`."""

    __tablename__ = "unread_items"
    __table_args__ = (UniqueConstraint("source", "subject"), {"schema": BOT})

    id: Mapped[int] = identity()
    source: Mapped[str]
    subject: Mapped[str]
    raw: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]


class Failing(OwnBase):
    """What has failed ever since, and how many times running; no row once it has worked."""

    __tablename__ = "failing"

    name: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    times: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
