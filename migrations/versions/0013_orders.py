"""Orders that are only there because a screen was opened, and screens that were left; those of before were all asked
for by a button. The message of a chat that shows an order, while it is the last."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("touched_at", "left_at"):
        op.add_column(
            "payment_attempts", sa.Column(name, sa.DateTime(timezone=True), nullable=True), schema="bot"
        )
    op.add_column("chats", sa.Column("order_id", sa.BigInteger(), nullable=True), schema="bot")
    op.execute("update bot.payment_attempts set touched_at = created_at")


def downgrade() -> None:
    op.drop_column("chats", "order_id", schema="bot")
    for name in ("left_at", "touched_at"):
        op.drop_column("payment_attempts", name, schema="bot")
