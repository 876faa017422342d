"""Copies of the catalogue that went out into a chat or came from one."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from db.tables.base import OwnBase, identity, set_null_fk


class CatalogueCopy(OwnBase):
    """`content` is the file's text; of one that came in, empty until `file_id` was fetched. `base_id`: the copy that it
    was made from, as it says itself. `telegram_id`: of the admin's chat."""

    __tablename__ = "catalogue_copies"

    id: Mapped[int] = identity()
    telegram_id: Mapped[int]
    file_id: Mapped[str | None]
    content: Mapped[str]
    base_id: Mapped[int | None] = set_null_fk("bot.catalogue_copies.id", index=True)
    created_at: Mapped[datetime]
    loaded_at: Mapped[datetime | None]
