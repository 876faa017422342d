"""What schema `bot` keeps of accounts beyond the shared tables."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import BOT, Base, OwnBase, cascade_fk, identity


class TelegramAccount(OwnBase):
    """An account born in Telegram. Until an address is proven, its `users.email` is a placeholder
    (db/placeholders.py)."""

    __tablename__ = "telegram_accounts"

    user_id: Mapped[int] = cascade_fk("users.id", primary_key=True, autoincrement=False)
    telegram_id: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))


class Contact(OwnBase):
    """Where a person wants to be written to, as they typed it: nobody's proof of anything before `proven_at`, so two
    people may have typed the same. `kind` is email; `value` in its normal form (db/normal.py)."""

    __tablename__ = "contacts"

    user_id: Mapped[int] = cascade_fk("users.id", primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(index=True)
    proven_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Merge(Base):
    """The account `from_user_id`, born in Telegram, was merged into `into_user_id` (db/merging/merging.py). `profile`:
    what of the proven account was filled from it. `merged_by`: the Telegram id of the owner who did it, else None."""

    __tablename__ = "merges"
    __table_args__ = (
        Index(
            "uq_merges_from_user_id", "from_user_id", unique=True, postgresql_where=sql("undone_at is null")
        ),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    from_user_id: Mapped[int] = cascade_fk("users.id")
    into_user_id: Mapped[int] = cascade_fk("users.id", index=True)
    profile: Mapped[dict[str, Any]]
    merged_by: Mapped[int | None]
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class MergedModule(OwnBase):
    """When access to a module ended on either side, None where there was none; its id is the `source_id` of the
    change of access that the merge made."""

    __tablename__ = "merged_modules"

    id: Mapped[int] = identity()
    merge_id: Mapped[int] = cascade_fk("bot.merges.id", index=True)
    module_id: Mapped[int] = cascade_fk("modules.id")
    from_end: Mapped[datetime | None]
    into_end: Mapped[datetime | None]


class MergedChange(OwnBase):
    """What a merge did to the days of an earlier change of access: they end later by `shift`, and `share` of them
    counts since (negative for days taken back): what was lived through by then is not appended."""

    __tablename__ = "merged_changes"

    merge_id: Mapped[int] = cascade_fk("bot.merges.id", primary_key=True)
    change_id: Mapped[int] = cascade_fk("bot.access_changes.id", primary_key=True, index=True)
    shift: Mapped[timedelta]
    share: Mapped[timedelta]


class MergedRow(OwnBase):
    """A row that a merge moved: its `key` in `table_name`, where `columns` named the account. Or the `row` itself that
    it took away, since the proven account has one like it."""

    __tablename__ = "merged_rows"

    id: Mapped[int] = identity()
    merge_id: Mapped[int] = cascade_fk("bot.merges.id", index=True)
    table_name: Mapped[str]
    columns: Mapped[list[str]]
    key: Mapped[dict[str, Any] | None]
    row: Mapped[dict[str, Any] | None]
