"""What is learnt, and what became of it: lessons and their questions, dated attempts and answers, review cards."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, Index, Integer, Numeric, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import BOT, Base, cascade_fk, identity, set_null_fk

NONE = sql("'{}'")


class Lesson(Base):
    """`text` is written in `markup`. `media` is a URL or a Telegram file id of kind `media_kind` (photo, video, audio,
    voice, document). `unlock_days` and `unlock_at`: as of its module (db.tables.ModuleUnlocking), for this lesson."""

    __tablename__ = "lessons"
    __table_args__ = (
        UniqueConstraint("module_id", "key"),
        CheckConstraint("markup in ('html', 'markdown')", name="markup"),
        CheckConstraint("unlock_days between 0 and 36500", name="unlock_days"),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    module_id: Mapped[int] = cascade_fk("modules.id")
    key: Mapped[str]
    position: Mapped[int] = mapped_column(Integer)
    title: Mapped[str]
    text: Mapped[str]
    media_kind: Mapped[str | None]
    media: Mapped[str | None]
    preview: Mapped[bool] = mapped_column(server_default=sql("false"))
    unlock_days: Mapped[int | None] = mapped_column(Integer)
    unlock_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(server_default=sql("true"))
    markup: Mapped[str] = mapped_column(server_default=sql("'html'"))


class Question(Base):
    """`kind` one: `answer` is the index of the right option, from 0; several: `answers` are the indexes of all right
    ones. text, number: `accepted` answers; a number may be `tolerance` away from one of them. `picture`, a URL or a
    Telegram file id of a photo, goes with the explanation."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("lesson_id", "key"),
        CheckConstraint("kind in ('one', 'several', 'text', 'number')", name="kind"),
        CheckConstraint("kind <> 'one' or answer is not null", name="answer"),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    lesson_id: Mapped[int] = cascade_fk("bot.lessons.id")
    key: Mapped[str]
    position: Mapped[int] = mapped_column(Integer)
    text: Mapped[str]
    options: Mapped[list[str]]
    answer: Mapped[int | None] = mapped_column(Integer)
    explanation: Mapped[str | None]
    active: Mapped[bool] = mapped_column(server_default=sql("true"))
    kind: Mapped[str] = mapped_column(server_default=sql("'one'"))
    answers: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=NONE)
    accepted: Mapped[list[str]] = mapped_column(server_default=NONE)
    tolerance: Mapped[Decimal | None] = mapped_column(Numeric)
    hint: Mapped[str | None]
    picture: Mapped[str | None]


class Result(Base):
    """How an attempt at a lesson ended; `passed` ones make the lesson done. `share`: percent of questions answered
    right from which it is given; None is 0."""

    __tablename__ = "results"
    __table_args__ = (CheckConstraint("share between 0 and 100", name="share"), {"schema": BOT})

    id: Mapped[int] = identity()
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    passed: Mapped[bool]
    position: Mapped[int] = mapped_column(Integer)
    share: Mapped[int | None] = mapped_column(Integer)


class LessonAttempt(Base):
    """Somebody takes a lesson, or, without `lesson_id`, reviews. One open attempt (`finished_at` is None) per person
    and lesson, one open review per person. `seed` shuffles the options; `chosen` are those ticked so far in the
    question of several right ones that is open, in the form `chosen_in` (db.lessons.questions). `result_id` stays None
    for reviews and for what was left unfinished; `asked` and `answered_right` count the questions of a finished one."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index(
            "uq_attempts_open",
            "user_id",
            "lesson_id",
            unique=True,
            postgresql_where=sql("finished_at is null and lesson_id is not null"),
        ),
        Index(
            "uq_attempts_open_review",
            "user_id",
            unique=True,
            postgresql_where=sql("finished_at is null and lesson_id is null"),
        ),
        Index("ix_attempts_user_id_started_at", "user_id", "started_at"),
        {"schema": BOT},
    )

    id: Mapped[int] = identity()
    user_id: Mapped[int] = cascade_fk("users.id")
    lesson_id: Mapped[int | None] = cascade_fk("bot.lessons.id", index=True)
    seed: Mapped[int] = mapped_column(Integer)
    chosen: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=NONE)
    chosen_in: Mapped[str | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    result_id: Mapped[int | None] = set_null_fk("bot.results.id")
    asked: Mapped[int | None] = mapped_column(Integer)
    answered_right: Mapped[int | None] = mapped_column(Integer)


class Answer(Base):
    """A try at a question, `number` from 1; `is_final` ones end it within their attempt. `given`: the options as they
    were worded then, or what was typed."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("attempt_id", "question_id", "number"), {"schema": BOT})

    id: Mapped[int] = identity()
    attempt_id: Mapped[int] = cascade_fk("bot.attempts.id")
    question_id: Mapped[int] = cascade_fk("bot.questions.id", index=True)
    number: Mapped[int] = mapped_column(Integer)
    given: Mapped[list[str]]
    is_right: Mapped[bool]
    is_final: Mapped[bool]
    answered_at: Mapped[datetime]


class Card(Base):
    """What a person remembers of a question, as `fsrs` keeps it in `card`; to be asked again from `due` on."""

    __tablename__ = "cards"
    __table_args__ = (Index("ix_cards_user_id_due", "user_id", "due"), {"schema": BOT})

    user_id: Mapped[int] = cascade_fk("users.id", primary_key=True, autoincrement=False)
    question_id: Mapped[int] = cascade_fk("bot.questions.id", primary_key=True, autoincrement=False)
    card: Mapped[dict[str, Any]]
    due: Mapped[datetime]
    reviews: Mapped[int] = mapped_column(Integer)
