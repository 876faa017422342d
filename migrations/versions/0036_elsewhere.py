"""What the other application gives and takes is copied into the history from now on. Where there is a history already,
it keeps its order: older rows stay on the person's card only."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        insert into bot.cursors (name, value)
        select name, (select max(id) from public.adminaccesshistory)
        from unnest(array['elsewhere_copied', 'elsewhere_seen']) name
        where exists (select from bot.acts) and exists (select from public.adminaccesshistory)
        """
    )


def downgrade() -> None:
    op.execute("delete from bot.cursors where name in ('elsewhere_copied', 'elsewhere_seen')")
