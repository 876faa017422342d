"""What people and the school write to each other."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG, TEXT, MOMENT = sa.BigInteger(), sa.Text(), sa.DateTime(timezone=True)


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def upgrade() -> None:
    _threads()
    _messages()
    _copies()


def _threads() -> None:
    op.create_table(
        "support_threads",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("telegram_id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        _reference("support_threads", "user_id", "users.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_threads")),
        schema="bot",
    )
    op.create_index(
        "uq_support_threads_open",
        "support_threads",
        ["telegram_id"],
        unique=True,
        schema="bot",
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index("ix_support_threads_user_id", "support_threads", ["user_id"], schema="bot")


def _messages() -> None:
    op.create_table(
        "support_messages",
        sa.Column("id", BIG, sa.Identity(always=False), nullable=False),
        sa.Column("thread_id", BIG, nullable=False),
        sa.Column("admin_id", BIG, nullable=True),
        sa.Column("chat_id", BIG, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _reference("support_messages", "thread_id", "bot.support_threads.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_messages")),
        schema="bot",
    )
    op.create_index("ix_support_messages_thread_id_id", "support_messages", ["thread_id", "id"], schema="bot")


def _copies() -> None:
    op.create_table(
        "support_copies",
        sa.Column("chat_id", BIG, autoincrement=False, nullable=False),
        sa.Column("message_id", BIG, autoincrement=False, nullable=False),
        sa.Column("thread_id", BIG, nullable=False),
        sa.Column("of_id", BIG, nullable=True),
        _reference("support_copies", "thread_id", "bot.support_threads.id"),
        _reference("support_copies", "of_id", "bot.support_messages.id"),
        sa.PrimaryKeyConstraint("chat_id", "message_id", name=op.f("pk_support_copies")),
        schema="bot",
    )
    op.create_index("ix_support_copies_of_id", "support_copies", ["of_id"], schema="bot")
    op.create_index(op.f("ix_support_copies_thread_id"), "support_copies", ["thread_id"], schema="bot")


def downgrade() -> None:
    for table in ("support_copies", "support_messages", "support_threads"):
        op.drop_table(table, schema="bot")
