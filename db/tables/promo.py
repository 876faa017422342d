"""What the bot keeps of promo codes beside the shared tables."""

from datetime import datetime

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import OwnBase, cascade_fk, identity


class SwitchedOffCode(OwnBase):
    """A code whose `max_usage_count` was lowered to the uses there were (`lowered_to`), and what it was (`most`).
    Where it is higher by now, somebody else has raised it: the code is on."""

    __tablename__ = "switched_off_codes"

    code_id: Mapped[int] = cascade_fk("promocodes.id", primary_key=True, autoincrement=False)
    most: Mapped[int] = mapped_column(Integer)
    lowered_to: Mapped[int] = mapped_column(Integer)
    off_at: Mapped[datetime]


class PromoBatch(OwnBase):
    """Codes for one use each that were made at once."""

    __tablename__ = "promo_batches"

    id: Mapped[int] = identity()
    created_at: Mapped[datetime]


class BatchCode(OwnBase):
    __tablename__ = "batch_codes"

    code_id: Mapped[int] = cascade_fk("promocodes.id", primary_key=True, autoincrement=False)
    batch_id: Mapped[int] = cascade_fk("bot.promo_batches.id", index=True)
