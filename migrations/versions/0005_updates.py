"""Since when a question is open, which album was answered, and tries that have to cool off."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chats", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True), schema="bot")
    op.add_column("chats", sa.Column("album", sa.Text(), nullable=True), schema="bot")


def downgrade() -> None:
    op.drop_column("chats", "album", schema="bot")
    op.drop_column("chats", "asked_at", schema="bot")
