"""Promo codes that are switched off, and batches of them."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "switched_off_codes",
        sa.Column("code_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("lowered_to", sa.Integer(), nullable=False),
        sa.Column("off_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["code_id"],
            ["promocodes.id"],
            name=op.f("fk_switched_off_codes_code_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_switched_off_codes")),
        schema="bot",
    )
    op.create_table(
        "promo_batches",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promo_batches")),
        schema="bot",
    )
    op.create_table(
        "batch_codes",
        sa.Column("code_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code_id"], ["promocodes.id"], name=op.f("fk_batch_codes_code_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["bot.promo_batches.id"], name=op.f("fk_batch_codes_batch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_batch_codes")),
        schema="bot",
    )
    op.create_index("ix_batch_codes_batch_id", "batch_codes", ["batch_id"], schema="bot")


def downgrade() -> None:
    op.execute(
        "update promocodes c set max_usage_count = o.most from bot.switched_off_codes o"
        " where o.code_id = c.id and c.max_usage_count <= o.lowered_to"
    )
    op.drop_table("batch_codes", schema="bot")
    op.drop_table("promo_batches", schema="bot")
    op.drop_table("switched_off_codes", schema="bot")
