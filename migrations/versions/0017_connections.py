"""Chats that are connected to accounts of the school's site: links that it signs, and chats that sign in elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _user(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], ["users.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "site_links",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        _user("site_links", "user_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_links")),
        sa.UniqueConstraint("token_hash", "telegram_id", name=op.f("uq_site_links_token_hash_telegram_id")),
        schema="bot",
    )
    op.create_index(
        "uq_site_links_used",
        "site_links",
        ["token_hash"],
        unique=True,
        schema="bot",
        postgresql_where=sa.text("used_at is not null"),
    )
    op.create_index(op.f("ix_site_links_user_id"), "site_links", ["user_id"], schema="bot")
    op.create_table(
        "connections",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("from_user_id", sa.BigInteger(), nullable=True),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("connected_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        _user("connections", "user_id"),
        _user("connections", "from_user_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        schema="bot",
    )
    for column in ("user_id", "from_user_id"):
        op.create_index(op.f(f"ix_connections_{column}"), "connections", [column], schema="bot")


def downgrade() -> None:
    op.drop_table("connections", schema="bot")
    op.drop_table("site_links", schema="bot")
