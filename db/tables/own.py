"""The bot's own tables, in schema `bot`: the other application never sees them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, CHAR, BigInteger, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import BOT, Base, OwnBase, cascade_fk, identity, set_null_fk

NOW = sql("now()")


class Chat(Base):
    """A person's private chat with the bot. `language` is what they chose, `telegram_language` what Telegram
    says; `state` and `data` are the conversation; `start` a wish that waits for registration: a deep link, a button.
    `module_id` is the course used last here, `home_id` the message that shows home, as far as a button pressed on it
    has told; `lesson_ids` those that show a lesson which took several, the one with the buttons last."""

    __tablename__ = "chats"
    __table_args__ = (Index("ix_chats_lower_username", sql('lower(username COLLATE "C")')), {"schema": BOT})

    telegram_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    username: Mapped[str | None]
    name: Mapped[str]
    telegram_language: Mapped[str | None]
    language: Mapped[str | None]
    state: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))
    start: Mapped[str | None]
    asked_at: Mapped[datetime | None]
    album: Mapped[str | None]
    referral: Mapped[str | None]
    module_id: Mapped[int | None] = mapped_column(ForeignKey("modules.id", ondelete="SET NULL"))
    home_id: Mapped[int | None]
    order_id: Mapped[int | None]
    lesson_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=sql("'{}'"))
    blocked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class Consent(Base):
    """Consent is a proof: given by a Telegram person, before there is an account."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("telegram_id", "document", "version"), {"schema": BOT})

    id: Mapped[int] = identity()
    telegram_id: Mapped[int]
    document: Mapped[str]
    version: Mapped[str]
    url: Mapped[str]
    given_at: Mapped[datetime]


class School(OwnBase):
    """What the school is called and what it says of itself, in a language; `language` is empty for all others."""

    __tablename__ = "school"

    language: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    description: Mapped[str | None]


class CatalogueKey(Base):
    """The stable key by which the catalogue file names a shared row; `adopted`: the other application's, by its id."""

    __tablename__ = "catalogue_keys"
    __table_args__ = (
        CheckConstraint("num_nonnulls(module_id, product_id) = 1", name="one_row"),
        {"schema": BOT},
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    module_id: Mapped[int | None] = mapped_column(ForeignKey("modules.id", ondelete="CASCADE"), unique=True)
    product_id: Mapped[int | None] = mapped_column(
        ForeignKey("products.product_id", ondelete="CASCADE"), unique=True
    )
    adopted: Mapped[bool] = mapped_column(server_default=sql("false"))


class Offer(Base):
    """`price` in the currency's smallest unit (whole Stars for XTR); no `methods` means every way there is.
    `price_changed_at`: orders opened before keep `price_before` for a while (`db.payments.prices`)."""

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint("days between 1 and 36500", name="days"),
        CheckConstraint("price > 0", name="price"),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    key: Mapped[str | None] = mapped_column(unique=True)
    product_id: Mapped[int] = cascade_fk("products.product_id", index=True)
    days: Mapped[int] = mapped_column(Integer)
    price: Mapped[int] = mapped_column(Integer)
    currency: Mapped[str] = mapped_column(CHAR(3))
    methods: Mapped[list[str]] = mapped_column(server_default=sql("'{}'"))
    active: Mapped[bool] = mapped_column(server_default=sql("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    price_changed_at: Mapped[datetime | None]
    price_before: Mapped[int | None] = mapped_column(Integer)


class Attempt(Base):
    """What we asked a provider for on behalf of a purchase: the idempotence key and the frozen request, sent byte
    for byte until an answer is known. Open until `closed_at`; `sent_at` is the first time it may have gone out,
    `linked_at` when the payer got the link or the invoice; `said` is what the provider said last. `message_id`: the
    message that shows an open order, None once the payer has gone on to something else there (`left_at`), and before
    it is sent; `touched_at` is None as long as it is only there because a screen was opened (`db.payments.orders`)."""

    __tablename__ = "payment_attempts"
    __table_args__ = (
        Index(
            "uq_payment_attempts_open",
            "user_id",
            "offer_id",
            "method",
            unique=True,
            postgresql_where=sql("closed_at is null"),
        ),
        Index("ix_payment_attempts_next_ask_at", "next_ask_at", postgresql_where=sql("closed_at is null")),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    purchase_id: Mapped[int | None] = set_null_fk("purchases.id", unique=True)
    user_id: Mapped[int | None] = set_null_fk("users.id")
    offer_id: Mapped[int | None] = set_null_fk("bot.offers.id", index=True)
    telegram_id: Mapped[int]
    method: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    request: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    link: Mapped[str | None]
    link_ends_at: Mapped[datetime | None]
    test: Mapped[bool | None]
    recipient: Mapped[str | None]
    message_id: Mapped[int | None]
    asked: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    asked_at: Mapped[datetime | None]
    linked_at: Mapped[datetime | None]
    said: Mapped[str | None]
    said_at: Mapped[datetime | None]
    next_ask_at: Mapped[datetime | None]
    charge_id: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    touched_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class PromoForm(OwnBase):
    """The normal form (db/normal.py) of a promo code as it was stored when the form was recorded."""

    __tablename__ = "promo_forms"

    code_id: Mapped[int] = mapped_column(
        ForeignKey("promocodes.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    code: Mapped[str]
    form: Mapped[str] = mapped_column(index=True)


class Callback(Base):
    """A callback as it came: a hint, not yet believed. Never deduplicated before it was verified.

    `known` ones are verified first; `asked`: how often the provider was asked about one that is not."""

    __tablename__ = "callbacks"
    __table_args__ = (
        Index("ix_callbacks_payment_id", "payment_id"),
        Index("ix_callbacks_without_news", "handled_at", postgresql_where=sql("body = ''")),
        Index("ix_callbacks_unknown", "id", postgresql_where=sql("handled_at is null and not known")),
        Index("ix_callbacks_open", "received_at", postgresql_where=sql("handled_at is null")),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    event: Mapped[str]
    object_id: Mapped[str]
    payment_id: Mapped[str]
    body: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=NOW)
    handled_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    known: Mapped[bool] = mapped_column(server_default=sql("true"))
    asked: Mapped[int] = mapped_column(Integer, server_default=sql("0"))


class AccessChange(Base):
    """Every day of access has one cause: (source, source_id) names it, once. `told_at`: when the learner was told of
    what an admin did."""

    __tablename__ = "access_changes"
    __table_args__ = (UniqueConstraint("source", "source_id"), {"schema": BOT})

    id: Mapped[int] = identity()
    user_id: Mapped[int] = cascade_fk("users.id", index=True)
    module_id: Mapped[int] = cascade_fk("modules.id")
    source: Mapped[str]
    source_id: Mapped[int]
    days: Mapped[int] = mapped_column(Integer)
    before: Mapped[datetime | None]
    after: Mapped[datetime]
    created_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class HandledUpdate(Base):
    """An update that changed the database commits its id with the change: delivered twice, it acts once."""

    __tablename__ = "updates"
    __table_args__ = (Index("ix_updates_handled_at", "handled_at"), {"schema": BOT})

    bot_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    update_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    handled_at: Mapped[datetime] = mapped_column(server_default=NOW)


class Cooldown(OwnBase):
    """How often somebody tried what may be guessed, and when they were last let through."""

    __tablename__ = "cooldowns"

    telegram_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    tries: Mapped[int] = mapped_column(Integer)
    tried_at: Mapped[datetime]


class FailedUpdate(Base):
    """An update whose handling failed, or that can't be read: stored raw. One with a payment in it is retried by a job
    and shown to admins; another is kept only to be looked at."""

    __tablename__ = "failed_updates"
    __table_args__ = (UniqueConstraint("bot_id", "update_id"), {"schema": BOT})

    id: Mapped[int] = identity()
    bot_id: Mapped[int]
    update_id: Mapped[int]
    body: Mapped[str]
    error: Mapped[str]
    tries: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    solved_at: Mapped[datetime | None]
