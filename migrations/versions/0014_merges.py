"""Merges of accounts: what was moved, how access stood on both sides, and what became of the days given before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "merges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("from_user_id", sa.BigInteger(), nullable=False),
        sa.Column("into_user_id", sa.BigInteger(), nullable=False),
        sa.Column("profile", postgresql.JSONB(), nullable=False),
        sa.Column("merged_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        _reference("merges", "from_user_id", "users.id"),
        _reference("merges", "into_user_id", "users.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
        schema="bot",
    )
    op.create_index(
        "uq_merges_from_user_id",
        "merges",
        ["from_user_id"],
        unique=True,
        schema="bot",
        postgresql_where=sa.text("undone_at is null"),
    )
    op.create_index(op.f("ix_merges_into_user_id"), "merges", ["into_user_id"], schema="bot")
    op.create_table(
        "merged_modules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("merge_id", sa.BigInteger(), nullable=False),
        sa.Column("module_id", sa.BigInteger(), nullable=False),
        sa.Column("from_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("into_end", sa.DateTime(timezone=True), nullable=True),
        _reference("merged_modules", "merge_id", "bot.merges.id"),
        _reference("merged_modules", "module_id", "modules.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_modules")),
        schema="bot",
    )
    op.create_index(op.f("ix_merged_modules_merge_id"), "merged_modules", ["merge_id"], schema="bot")
    op.create_table(
        "merged_changes",
        sa.Column("merge_id", sa.BigInteger(), nullable=False),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column("shift", sa.Interval(), nullable=False),
        sa.Column("share", sa.Interval(), nullable=False),
        _reference("merged_changes", "merge_id", "bot.merges.id"),
        _reference("merged_changes", "change_id", "bot.access_changes.id"),
        sa.PrimaryKeyConstraint("merge_id", "change_id", name=op.f("pk_merged_changes")),
        schema="bot",
    )
    op.create_index(op.f("ix_merged_changes_change_id"), "merged_changes", ["change_id"], schema="bot")
    op.create_table(
        "merged_rows",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("merge_id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("key", postgresql.JSONB(), nullable=True),
        sa.Column("row", postgresql.JSONB(), nullable=True),
        _reference("merged_rows", "merge_id", "bot.merges.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_rows")),
        schema="bot",
    )
    op.create_index(op.f("ix_merged_rows_merge_id"), "merged_rows", ["merge_id"], schema="bot")


def downgrade() -> None:
    for table in ("merged_rows", "merged_changes", "merged_modules", "merges"):
        op.drop_table(table, schema="bot")
