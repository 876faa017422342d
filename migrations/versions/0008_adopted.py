"""Which keys of the catalogue name rows of the other application."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    adopted: sa.Column[bool] = sa.Column(
        "adopted", sa.Boolean(), server_default=sa.text("false"), nullable=False
    )
    op.add_column("catalogue_keys", adopted, schema="bot")
    # Nobody has written down so far whose a module is. Ours have as many intervals as lessons, unless the file says
    # otherwise; those keep the count that they show.
    op.execute(
        """
        update bot.catalogue_keys k set adopted = true from modules m
        where m.id = k.module_id and m.interval_count <>
            (select count(*) from bot.lessons l where l.module_id = m.id and l.active)
        """
    )


def downgrade() -> None:
    op.drop_column("catalogue_keys", "adopted", schema="bot")
