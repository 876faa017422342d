"""How lessons are shown: what a module's are shown as, and files that Telegram has already."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import BOT, Base, OwnBase


class ModuleOptions(Base):
    """What the catalogue says of a module beyond the shared row. `format`: the kind of message its lessons are shown
    as; `protect_content`: they can be neither forwarded nor saved."""

    __tablename__ = "module_options"
    __table_args__ = (CheckConstraint("format in ('classic', 'rich')", name="format"), {"schema": BOT})

    module_id: Mapped[int] = mapped_column(
        ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    format: Mapped[str] = mapped_column(server_default=sql("'classic'"))
    protect_content: Mapped[bool] = mapped_column(server_default=sql("false"))


class SentFile(OwnBase):
    """The id by which Telegram knows a file that this bot has sent by its address (`source`)."""

    __tablename__ = "sent_files"

    bot_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    file_id: Mapped[str]
