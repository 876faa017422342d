"""Questions of more kinds, results by the share of right answers, dated attempts and answers, review cards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NONE = sa.text("'{}'")
OPEN = "finished_at is null and lesson_id is"


def _reference(table: str, column: str, target: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def upgrade() -> None:
    _questions()
    _attempts()
    _answers()
    _cards()


def _questions() -> None:
    text, texts = sa.Text(), postgresql.ARRAY(sa.Text())
    for column in (
        sa.Column("kind", text, server_default=sa.text("'one'"), nullable=False),
        sa.Column("answers", postgresql.ARRAY(sa.Integer()), server_default=NONE, nullable=False),
        sa.Column("accepted", texts, server_default=NONE, nullable=False),
        sa.Column("tolerance", sa.Numeric(), nullable=True),
        sa.Column("hint", text, nullable=True),
        sa.Column("picture", text, nullable=True),
    ):
        op.add_column("questions", column, schema="bot")
    op.alter_column("questions", "answer", nullable=True, schema="bot")
    for name, check in (
        ("kind", "kind in ('one', 'several', 'text', 'number')"),
        ("answer", "kind <> 'one' or answer is not null"),
    ):
        op.create_check_constraint(op.f(f"ck_questions_{name}"), "questions", check, schema="bot")
    op.add_column("results", sa.Column("share", sa.Integer(), nullable=True), schema="bot")
    op.create_check_constraint(op.f("ck_results_share"), "results", "share between 0 and 100", schema="bot")


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("lesson_id", sa.BigInteger(), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("chosen", postgresql.ARRAY(sa.Integer()), server_default=NONE, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result_id", sa.BigInteger(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=True),
        sa.Column("answered_right", sa.Integer(), nullable=True),
        _reference("attempts", "user_id", "users.id"),
        _reference("attempts", "lesson_id", "bot.lessons.id"),
        _reference("attempts", "result_id", "bot.results.id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        schema="bot",
    )
    for name, columns, where in (
        ("uq_attempts_open", ["user_id", "lesson_id"], f"{OPEN} not null"),
        ("uq_attempts_open_review", ["user_id"], f"{OPEN} null"),
    ):
        op.create_index(name, "attempts", columns, unique=True, schema="bot", postgresql_where=sa.text(where))
    op.create_index("ix_attempts_user_id_started_at", "attempts", ["user_id", "started_at"], schema="bot")
    op.create_index(op.f("ix_attempts_lesson_id"), "attempts", ["lesson_id"], schema="bot")


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("attempt_id", sa.BigInteger(), nullable=False),
        sa.Column("question_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("given", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        _reference("answers", "attempt_id", "bot.attempts.id"),
        _reference("answers", "question_id", "bot.questions.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint(
            "attempt_id", "question_id", "number", name=op.f("uq_answers_attempt_id_question_id_number")
        ),
        schema="bot",
    )
    op.create_index(op.f("ix_answers_question_id"), "answers", ["question_id"], schema="bot")


def _cards() -> None:
    op.create_table(
        "cards",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("question_id", sa.BigInteger(), nullable=False),
        sa.Column("card", postgresql.JSONB(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviews", sa.Integer(), nullable=False),
        _reference("cards", "user_id", "users.id"),
        _reference("cards", "question_id", "bot.questions.id"),
        sa.PrimaryKeyConstraint("user_id", "question_id", name=op.f("pk_cards")),
        schema="bot",
    )
    op.create_index("ix_cards_user_id_due", "cards", ["user_id", "due"], schema="bot")


def downgrade() -> None:
    for table in ("cards", "answers", "attempts"):
        op.drop_table(table, schema="bot")
    op.drop_constraint(op.f("ck_results_share"), "results", schema="bot")
    op.drop_column("results", "share", schema="bot")
    for name in ("answer", "kind"):
        op.drop_constraint(op.f(f"ck_questions_{name}"), "questions", schema="bot")
    op.execute("delete from bot.questions where answer is null")  # the older bot asks nothing else
    op.alter_column("questions", "answer", nullable=False, schema="bot")
    for column in ("kind", "answers", "accepted", "tolerance", "hint", "picture"):
        op.drop_column("questions", column, schema="bot")
