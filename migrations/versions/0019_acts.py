"""What admins do, when a learner was told of it, and people found by name and phone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Indexes on the shared tables belong to their owner: they are made and dropped here only where 0001 has made these
# tables, which the other application has not used yet. Anywhere else `main.py migrate` prints them
# (db/schema/indexes.py).
ON_OUR_TABLES = """
do $$
begin
    if exists (select from pg_class where oid = 'public.users'::regclass and pg_has_role(relowner, 'USAGE'))
       and to_regclass('public.ix_users_unusual_email') is not null
       and not exists (select from public.users where password_hash is not null) then
        {statements}
    end if;
end $$
"""
MAKE_INDEXES = ON_OUR_TABLES.format(
    statements="""
        create index if not exists ix_users_phone on public.users (phone);
        create index if not exists ix_users_name_words
            on public.users using gin (to_tsvector('simple'::regconfig, name));
    """
)
DROP_INDEXES = ON_OUR_TABLES.format(
    statements="drop index if exists public.ix_users_phone, public.ix_users_name_words;"
)


def upgrade() -> None:
    op.create_table(
        "acts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_acts_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
        schema="bot",
    )
    op.create_index("ix_acts_user_id_id", "acts", ["user_id", "id"], schema="bot")
    op.create_index("ix_acts_telegram_id_id", "acts", ["telegram_id", "id"], schema="bot")
    op.add_column(
        "access_changes", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True), schema="bot"
    )
    op.execute(MAKE_INDEXES)


def downgrade() -> None:
    op.execute(DROP_INDEXES)
    op.drop_column("access_changes", "told_at", schema="bot")
    op.drop_table("acts", schema="bot")
