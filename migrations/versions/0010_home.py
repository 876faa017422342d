"""Which course a chat used last, and which of its messages shows home."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chats", sa.Column("module_id", sa.BigInteger(), nullable=True), schema="bot")
    op.add_column("chats", sa.Column("home_id", sa.BigInteger(), nullable=True), schema="bot")
    op.create_foreign_key(
        op.f("fk_chats_module_id"),
        "chats",
        "modules",
        ["module_id"],
        ["id"],
        source_schema="bot",
        ondelete="SET NULL",
    )


def downgrade() -> None:
    op.drop_column("chats", "home_id", schema="bot")
    op.drop_column("chats", "module_id", schema="bot")
