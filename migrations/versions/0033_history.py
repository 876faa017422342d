"""What admins did is looked for by kind, by admin and kind, and by day."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_acts_kind_id": ["kind", "id"],
    "ix_acts_telegram_id_kind_id": ["telegram_id", "kind", "id"],
    "ix_acts_created_at": ["created_at"],
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "acts", columns, schema="bot")


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "acts", schema="bot")
