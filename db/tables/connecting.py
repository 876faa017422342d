"""What schema `bot` keeps of chats that are connected to accounts of the school's site."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import BOT, Base, OwnBase, cascade_fk, identity


class SiteLink(Base):
    """A link that the school's site has signed, as one chat has opened it. Only the hash of its token is kept; used
    once, by whichever chat confirms first."""

    __tablename__ = "site_links"
    __table_args__ = (
        UniqueConstraint("token_hash", "telegram_id"),
        Index("uq_site_links_used", "token_hash", unique=True, postgresql_where=sql("used_at is not null")),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    token_hash: Mapped[str]
    telegram_id: Mapped[int]
    user_id: Mapped[int] = cascade_fk("users.id", index=True)
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Connection(OwnBase):
    """A chat that signs in to `user_id` since, without a merge: it had no account, or one that can't be merged
    (`from_user_id`). `proof`: link, code or owner; `connected_by`: the Telegram id of the owner who did it."""

    __tablename__ = "connections"

    id: Mapped[int] = identity()
    telegram_id: Mapped[int]
    user_id: Mapped[int] = cascade_fk("users.id", index=True)
    from_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    proof: Mapped[str]
    connected_by: Mapped[int | None]
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class EmailCode(OwnBase):
    """The code that was last sent for a chat. `code_hmac`: of chat, address and code, with a key of the server, so that
    it is worth something in this chat only. `proven_at`: since when the address is known to be the person's."""

    __tablename__ = "email_codes"

    telegram_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    email: Mapped[str]
    code_hmac: Mapped[str]
    sent_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    proven_at: Mapped[datetime | None]


class CodesSent(OwnBase):
    """How many codes were sent since a moment, for a `subject`: a chat, an address (its HMAC), everybody."""

    __tablename__ = "codes_sent"

    subject: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime]
    last_at: Mapped[datetime]
