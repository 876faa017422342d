"""What schema `bot` keeps of accounts that were deleted: that they were, and which promo codes were used."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import OwnBase, cascade_fk


class DeletedAccount(OwnBase):
    """Its row in `users` names nobody any more; nothing is written for it (db/account_ids.py)."""

    __tablename__ = "deleted_accounts"

    user_id: Mapped[int] = cascade_fk("users.id", primary_key=True, autoincrement=False)
    deleted_at: Mapped[datetime]


class UsedCode(OwnBase):
    """Somebody whose account was deleted has used this promo code. `person`: HMAC-SHA256 of the Telegram id and the
    code, by a key of the server: another one for each code, and nobody's name."""

    __tablename__ = "used_codes"

    code_id: Mapped[int] = cascade_fk("promocodes.id", primary_key=True, autoincrement=False)
    person: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_at: Mapped[datetime]


class ServerKey(OwnBase):
    """A random key by which one of our own makes keyed hashes; all processes share it, and it never leaves here."""

    __tablename__ = "server_keys"

    name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)
