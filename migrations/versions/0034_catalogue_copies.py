"""Copies of the catalogue that went out into a chat or came from one."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalogue_copies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.Text()),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("base_id", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_copies")),
        sa.ForeignKeyConstraint(
            ["base_id"],
            ["bot.catalogue_copies.id"],
            name=op.f("fk_catalogue_copies_base_id"),
            ondelete="SET NULL",
        ),
        schema="bot",
    )
    op.create_index("ix_catalogue_copies_base_id", "catalogue_copies", ["base_id"], schema="bot")


def downgrade() -> None:
    op.drop_table("catalogue_copies", schema="bot")
