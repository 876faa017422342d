"""When an offer's price was changed."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("offers", sa.Column("price_changed_at", sa.DateTime(timezone=True)), schema="bot")


def downgrade() -> None:
    op.drop_column("offers", "price_changed_at", schema="bot")
