"""Courses that were done to their end, and the certificates for them."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import BOT, Base, OwnBase, cascade_fk


class FinishedCourse(OwnBase):
    """`finished_at`: when the person had first passed the last of the lessons that there were."""

    __tablename__ = "finished_courses"

    user_id: Mapped[int] = cascade_fk("users.id", primary_key=True, autoincrement=False)
    module_id: Mapped[int] = cascade_fk("modules.id", primary_key=True, autoincrement=False)
    finished_at: Mapped[datetime]


class CertificateNumber(OwnBase):
    """Every number that was ever given. One without a certificate is void: its account was deleted."""

    __tablename__ = "certificate_numbers"

    number: Mapped[str] = mapped_column(primary_key=True)


class Certificate(Base):
    """`name` as its person has confirmed it last; `course`, `school` and the day (in the person's own zone) as they
    were when it was made. `png`, `pdf`: by which ids Telegram knows its files, for the bot `bot_id`; None until they
    were sent as it is now. After a merge a person may have two for a course."""

    __tablename__ = "certificates"
    __table_args__ = (Index("ix_certificates_user_id_module_id", "user_id", "module_id"), {"schema": BOT})

    number: Mapped[str] = mapped_column(ForeignKey("bot.certificate_numbers.number"), primary_key=True)
    user_id: Mapped[int] = cascade_fk("users.id")
    module_id: Mapped[int] = cascade_fk("modules.id", index=True)
    name: Mapped[str]
    course: Mapped[str]
    school: Mapped[str]
    finished_on: Mapped[date] = mapped_column(Date)
    issued_at: Mapped[datetime]
    bot_id: Mapped[int | None]
    png: Mapped[str | None]
    pdf: Mapped[str | None]
