"""Figures of money by indexes."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# As in "What admins do": only on shared tables that our own migration has made.
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
        create index if not exists ix_purchases_purchased_at on public.purchases (purchased_at);
        create index if not exists ix_usermoduleaccess_ends_at on public.usermoduleaccess (ends_at);
    """
)
DROP_INDEXES = ON_OUR_TABLES.format(
    statements="drop index if exists public.ix_purchases_purchased_at, public.ix_usermoduleaccess_ends_at;"
)


def upgrade() -> None:
    op.create_index(op.f("ix_refunds_finished_at"), "refunds", ["finished_at"], schema="bot")
    op.execute(MAKE_INDEXES)


def downgrade() -> None:
    op.execute(DROP_INDEXES)
    op.drop_index(op.f("ix_refunds_finished_at"), "refunds", schema="bot")
