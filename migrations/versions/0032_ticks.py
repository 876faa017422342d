"""Ticks are those of a question as it was worded then."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attempts", sa.Column("chosen_in", sa.Text(), nullable=True), schema="bot")


def downgrade() -> None:
    op.drop_column("attempts", "chosen_in", schema="bot")
