"""At which hour of their own day people are reminded."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reminders",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("hour", sa.Integer(), server_default=sa.text("12"), nullable=False),
        sa.Column("muted", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "next_at", sa.DateTime(timezone=True), server_default=sa.text("'-infinity'"), nullable=False
        ),
        sa.CheckConstraint("hour between 8 and 21", name=op.f("ck_reminders_hour")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_reminders_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_reminders")),
        schema="bot",
    )
    op.create_index("ix_reminders_next_at", "reminders", ["next_at"], schema="bot")
    op.execute(
        "insert into bot.reminders (user_id)"
        " select distinct a.user_id from public.authidentities a"
        " join bot.chats c on a.providerkey = c.telegram_id::text"
        " where lower(a.loginprovider) = 'telegram' on conflict do nothing"
    )


def downgrade() -> None:
    op.drop_table("reminders", schema="bot")
