"""What an offer cost before its price was changed last."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("offers", sa.Column("price_before", sa.Integer()), schema="bot")


def downgrade() -> None:
    op.drop_column("offers", "price_before", schema="bot")
