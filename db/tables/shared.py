"""The 13 tables of schema `public`, a contract with another application; `db/schema/contract.toml` has them as data."""

from datetime import datetime

from sqlalchemy import CHAR, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.normal import UNUSUAL_EMAIL
from db.tables.base import Base, identity


class User(Base):
    """A person's account. `email` is in lower case; `password_hash` is the other application's alone."""

    __tablename__ = "users"
    __table_args__ = (
        Index("ix_users_lower_email_c", text('lower(email COLLATE "C")')),
        Index("ix_users_unusual_email", "id", postgresql_where=text(UNUSUAL_EMAIL)),
        Index("ix_users_phone", "phone"),
        Index("ix_users_name_words", text("to_tsvector('simple'::regconfig, name)"), postgresql_using="gin"),
    )

    id: Mapped[int] = identity()
    name: Mapped[str | None]
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    phone: Mapped[str | None]
    created_at: Mapped[datetime]
    last_seen: Mapped[datetime | None]


class Device(Base):
    """A Telegram chat is one: `platform` telegram, `device_key` telegram:<user id>."""

    __tablename__ = "devices"

    id: Mapped[int] = identity()
    device_key: Mapped[str] = mapped_column(unique=True)
    platform: Mapped[str]
    created_at: Mapped[datetime]


class UserDevice(Base):
    """Which accounts have signed in on a device."""

    __tablename__ = "users_devices"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id"), primary_key=True, index=True)
    linked_at: Mapped[datetime]


class Session(Base):
    """`refresh_token_hash` is the hex SHA-256 of 32 random bytes that are given to nobody."""

    __tablename__ = "sessions"

    id: Mapped[int] = identity()
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id"), index=True)
    refresh_token_hash: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AuthIdentity(Base):
    """How a person signs in: for `loginprovider` telegram (in any letter case), `providerkey` is the
    Telegram user id in decimal."""

    __tablename__ = "authidentities"
    __table_args__ = (UniqueConstraint("loginprovider", "providerkey"),)

    id: Mapped[int] = identity()
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    loginprovider: Mapped[str]
    providerkey: Mapped[str] = mapped_column(index=True)


class Module(Base):
    """`interval_count` lessons are 100 % of its progress."""

    __tablename__ = "modules"

    id: Mapped[int] = identity()
    name: Mapped[str]
    description: Mapped[str | None]
    interval_count: Mapped[int] = mapped_column(Integer)


class Product(Base):
    """What is sold; opens one module."""

    __tablename__ = "products"

    product_id: Mapped[int] = identity()
    module_id: Mapped[int] = mapped_column(ForeignKey("modules.id"), index=True)
    name: Mapped[str]


class Purchase(Base):
    """`amount_cents` is in the currency's smallest unit (whole Stars for XTR)."""

    __tablename__ = "purchases"
    __table_args__ = (UniqueConstraint("provider", "provider_payment_id"),)

    id: Mapped[int] = identity()
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.product_id"), index=True)
    amount_cents: Mapped[int] = mapped_column(Integer)
    provider: Mapped[str]
    receipt: Mapped[str | None]
    status: Mapped[str]
    provider_payment_id: Mapped[str]
    days: Mapped[int] = mapped_column(Integer)
    currency: Mapped[str] = mapped_column(CHAR(3))
    created_at: Mapped[datetime]
    purchased_at: Mapped[datetime | None] = mapped_column(index=True)


class AdminAccess(Base):
    """One row per grant; negative `days` take access back."""

    __tablename__ = "adminaccesshistory"

    id: Mapped[int] = identity()
    admin_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    target_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.product_id"), index=True)
    days: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]


class PromoCode(Base):
    """Gives `days` of its product's module, `max_usage_count` times in all, once per person (db/promo.py)."""

    __tablename__ = "promocodes"

    id: Mapped[int] = identity()
    code: Mapped[str] = mapped_column(unique=True)
    max_usage_count: Mapped[int] = mapped_column(Integer)
    days: Mapped[int] = mapped_column(Integer)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.product_id"), index=True)


class PromoUsage(Base):
    """One row per use of a code."""

    __tablename__ = "promocodeusages"
    __table_args__ = (Index("ix_promocodeusages_code_id_user_id", "code_id", "user_id"),)

    id: Mapped[int] = identity()
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("promocodes.id"))
    used_at: Mapped[datetime]


class ModuleAccess(Base):
    """Open while `ends_at > now()`; `infinity` is for ever (db/timestamps.py)."""

    __tablename__ = "usermoduleaccess"
    __table_args__ = (UniqueConstraint("user_id", "module_id"),)

    id: Mapped[int] = identity()
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    module_id: Mapped[int] = mapped_column(ForeignKey("modules.id"), index=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)


class Progress(Base):
    """One row per attempt at a lesson; both ids name rows of `bot.lessons` and `bot.results`."""

    __tablename__ = "progress"
    __table_args__ = (Index("ix_progress_user_id_lesson_id", "user_id", "lesson_id"),)

    id: Mapped[int] = identity()
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    lesson_id: Mapped[int]
    result_id: Mapped[int]
