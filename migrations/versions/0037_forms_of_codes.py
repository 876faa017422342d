"""The form of promo codes makes no difference any more between dashes, between apostrophes, and between ё and е: what
was recorded in the old form is recorded anew when a code is looked for."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("delete from bot.promo_forms")


def downgrade() -> None:
    op.execute("delete from bot.promo_forms")
