"""Promo codes by a normal form that does not depend on the database's locale."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "promo_forms",
        sa.Column("code_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code_id"],
            ["promocodes.id"],
            name=op.f("fk_promo_forms_code_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_promo_forms")),
        schema="bot",
    )
    op.create_index("ix_promo_forms_form", "promo_forms", ["form"], schema="bot")


def downgrade() -> None:
    op.drop_table("promo_forms", schema="bot")
