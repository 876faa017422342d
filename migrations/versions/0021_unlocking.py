"""When lessons unlock, lessons unlocked for one person, access of others as it was first seen."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lessons", sa.Column("unlock_days", sa.Integer(), nullable=True), schema="bot")
    op.add_column("lessons", sa.Column("unlock_at", sa.DateTime(timezone=True), nullable=True), schema="bot")
    op.create_check_constraint(
        op.f("ck_lessons_unlock_days"), "lessons", "unlock_days between 0 and 36500", schema="bot"
    )
    op.create_table(
        "unlocking",
        sa.Column("module_id", sa.BigInteger(), nullable=False),
        sa.Column("in_order", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("days between 0 and 36500", name=op.f("ck_unlocking_days")),
        _fk("unlocking", "module_id", "modules.id"),
        sa.PrimaryKeyConstraint("module_id", name=op.f("pk_unlocking")),
        schema="bot",
    )
    op.create_table(
        "unlocked_lessons",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("lesson_id", sa.BigInteger(), nullable=False),
        sa.Column("unlocked_by", sa.BigInteger(), nullable=False),
        sa.Column("unlocked_at", sa.DateTime(timezone=True), nullable=False),
        _fk("unlocked_lessons", "user_id", "users.id"),
        _fk("unlocked_lessons", "lesson_id", "bot.lessons.id"),
        sa.PrimaryKeyConstraint("user_id", "lesson_id", name=op.f("pk_unlocked_lessons")),
        schema="bot",
    )
    op.create_index("ix_unlocked_lessons_lesson_id", "unlocked_lessons", ["lesson_id"], schema="bot")
    op.create_table(
        "seen_access",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("module_id", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        _fk("seen_access", "user_id", "users.id"),
        _fk("seen_access", "module_id", "modules.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seen_access")),
        schema="bot",
    )
    op.create_index("ix_seen_access_user_id_module_id", "seen_access", ["user_id", "module_id"], schema="bot")


def _fk(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def downgrade() -> None:
    for table in ("seen_access", "unlocked_lessons", "unlocking"):
        op.drop_table(table, schema="bot")
    op.drop_constraint(op.f("ck_lessons_unlock_days"), "lessons", schema="bot")
    op.drop_column("lessons", "unlock_at", schema="bot")
    op.drop_column("lessons", "unlock_days", schema="bot")
