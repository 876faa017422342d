"""Lessons in Markdown, modules shown as rich messages or protected, files that Telegram has already."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "lessons",
        sa.Column("markup", sa.Text(), server_default=sa.text("'html'"), nullable=False),
        schema="bot",
    )
    op.create_check_constraint(
        op.f("ck_lessons_markup"), "lessons", "markup in ('html', 'markdown')", schema="bot"
    )
    op.add_column(
        "chats",
        sa.Column(
            "lesson_ids", postgresql.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False
        ),
        schema="bot",
    )
    op.create_table(
        "module_options",
        sa.Column("module_id", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.Text(), server_default=sa.text("'classic'"), nullable=False),
        sa.Column("protect_content", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("format in ('classic', 'rich')", name=op.f("ck_module_options_format")),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_module_options_module_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("module_id", name=op.f("pk_module_options")),
        schema="bot",
    )
    op.create_table(
        "sent_files",
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "kind", "source", name=op.f("pk_sent_files")),
        schema="bot",
    )


def downgrade() -> None:
    op.drop_table("sent_files", schema="bot")
    op.drop_table("module_options", schema="bot")
    op.drop_column("chats", "lesson_ids", schema="bot")
    op.drop_constraint(op.f("ck_lessons_markup"), "lessons", schema="bot")
    op.drop_column("lessons", "markup", schema="bot")
