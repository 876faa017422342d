"""From which zones people have moved, and when."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "reminders",
        sa.Column("moves", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        schema="bot",
    )


def downgrade() -> None:
    op.drop_column("reminders", "moves", schema="bot")
