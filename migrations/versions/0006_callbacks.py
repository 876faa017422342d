"""Callbacks of payments we know, and others; what handled ones are found by."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "callbacks",
        sa.Column("known", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        schema="bot",
    )
    op.add_column(
        "callbacks",
        sa.Column("asked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        schema="bot",
    )
    op.create_index("ix_callbacks_payment_id", "callbacks", ["payment_id"], schema="bot")
    op.create_index(
        "ix_callbacks_without_news",
        "callbacks",
        ["handled_at"],
        schema="bot",
        postgresql_where=sa.text("body = ''"),
    )
    op.create_index(
        "ix_callbacks_unknown",
        "callbacks",
        ["id"],
        schema="bot",
        postgresql_where=sa.text("handled_at is null and not known"),
    )


def downgrade() -> None:
    for name in ("ix_callbacks_unknown", "ix_callbacks_without_news", "ix_callbacks_payment_id"):
        op.drop_index(name, table_name="callbacks", schema="bot")
    for name in ("asked", "known"):
        op.drop_column("callbacks", name, schema="bot")
